package agent

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
)

// operator answers what concerns the agent as a whole.
type operator struct{ agent *Agent }

var (
	_ api.Operator = operator{}
	_ api.Health   = operator{}
)

// Agent describes the agent.
func (o operator) Agent(context.Context) (wire.AgentInfo, error) {
	info := wire.AgentInfo{
		Version:       o.agent.options.Version,
		PID:           os.Getpid(),
		UptimeSeconds: time.Since(o.agent.started).Seconds(),
		Services:      len(o.agent.groups.Names()),
		Leases:        o.agent.leases.Count(),
		Connections:   o.agent.server.Connections(),
		Providers:     []wire.ProviderInfo{},
		LimitedUsers:  o.agent.limitedUsers(),
	}
	info.HeldBackends, info.HeldServices = o.agent.groups.heldTotals()
	for _, p := range o.agent.catalog.Status() {
		provider := wire.ProviderInfo{
			Name:     p.Name,
			Type:     p.Type,
			Services: p.Services,
			Ready:    p.Ready,
			Stale:    p.Stale,
			Updates:  p.Updates,
			Errors:   p.Errors,
			Dropped:  p.Dropped,
		}
		if p.Answered {
			age := p.Age.Seconds()
			provider.AgeSeconds = &age
		}
		if p.LastError != nil {
			provider.LastError = p.LastError.Error()
		}
		showCredentials(&provider, p.Credentials)
		info.Providers = append(info.Providers, provider)
	}
	return info, nil
}

func showCredentials(info *wire.ProviderInfo, c *discovery.Credentials) {
	if c == nil {
		return
	}
	if c.Problem != nil {
		info.CredentialsError = c.Problem.Error()
	}
	if !c.Expires.IsZero() {
		info.CertificateExpires = c.Expires.UTC().Format(time.RFC3339)
	}
}

// Config gives the configuration in force, without its secrets.
func (o operator) Config(context.Context) (any, error) { return o.agent.config.Load().Dump(), nil }

// Ready is nil once every source that is always watched has data.
func (o operator) Ready() error {
	var waiting []string
	for _, p := range o.agent.catalog.Status() {
		if !p.Ready {
			waiting = append(waiting, p.Name)
		}
	}
	if len(waiting) > 0 {
		return wire.NewProblem(wire.CodeNotReady, "waiting for the first answer of %s", strings.Join(waiting, ", "))
	}
	return nil
}

// Reload applies the configuration anew.
func (o operator) Reload(ctx context.Context) (wire.ReloadResult, error) { return o.agent.Reload(ctx) }
