package agent

import (
	"slices"
	"strings"
	"time"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

var registryVerdicts = [...]balancer.RegistryVerdict{
	discovery.StatusNone:        balancer.RegistryNone,
	discovery.StatusPassing:     balancer.RegistryPassing,
	discovery.StatusWarning:     balancer.RegistryWarning,
	discovery.StatusCritical:    balancer.RegistryCritical,
	discovery.StatusMaintenance: balancer.RegistryMaintenance,
}

var checkVerdicts = map[health.Verdict]balancer.CheckVerdict{
	health.Unknown: balancer.CheckUnknown,
	health.OK:      balancer.CheckOK,
	health.Failed:  balancer.CheckFailed,
}

var adminVerdicts = map[string]balancer.AdminVerdict{
	wire.AdminReady: balancer.AdminReady,
	wire.AdminDrain: balancer.AdminDrain,
}

// fromUpdate translates what discovery found, and behind it what it holds, into a list whose memory may
// be used again. The balancer keeps nothing of the list that it is given.
func fromUpdate(u discovery.Update, into []balancer.Endpoint) []balancer.Endpoint {
	translated := slices.Grow(into[:0], len(u.Endpoints)+len(u.Held))
	for i := range u.Endpoints {
		translated = append(translated, fromSource(&u.Endpoints[i]))
	}
	for i := range u.Held {
		e := fromSource(&u.Held[i].Endpoint)
		e.Held = true
		translated = append(translated, e)
	}
	return translated
}

func fromSource(e *discovery.Endpoint) balancer.Endpoint {
	return balancer.Endpoint{
		Address:  e.Address,
		ID:       e.ID,
		Weight:   balancerWeight(e.Weight),
		Priority: e.Priority,
		Zone:     e.Zone,
		Tags:     e.Tags,
		Meta:     e.Meta,
		Registry: registryVerdicts[e.Status],
		Reason:   e.Reason,
	}
}

// fromSpec translates what somebody registered over the API.
func fromSpec(spec wire.BackendSpec) balancer.Endpoint {
	weight := discovery.DefaultWeight
	if spec.Weight != nil {
		weight = *spec.Weight
	}
	return balancer.Endpoint{
		Address:  spec.Address,
		ID:       spec.ID,
		Weight:   balancerWeight(weight),
		Zone:     spec.Zone,
		Tags:     spec.Tags,
		Meta:     spec.Meta,
		Priority: spec.Priority,
	}
}

func fromSpecs(specs []wire.BackendSpec) []balancer.Endpoint {
	translated := make([]balancer.Endpoint, len(specs))
	for i, spec := range specs {
		translated[i] = fromSpec(spec)
	}
	return translated
}

// balancerWeight turns a weight that somebody set into one for package balancer, where 0 means unset.
func balancerWeight(weight int) int {
	if weight == 0 {
		return balancer.Weightless
	}
	return weight
}

// targetOf translates the configured health check of a service for one of its backends.
func targetOf(address string, c *config.HealthCheck) health.Target {
	return health.Target{
		Address:   address,
		Healthy:   c.HealthyThreshold,
		Unhealthy: c.UnhealthyThreshold,
		Check: health.Check{
			Type:           c.Type,
			Interval:       c.Interval,
			Timeout:        c.Timeout,
			Method:         c.Method,
			Path:           c.Path,
			Host:           c.Host,
			ExpectedStatus: c.ExpectedStatus,
			GRPCService:    c.GRPCService,
			TLS:            c.TLS,
			TLSSkipVerify:  c.TLSSkipVerify,
			TLSServerName:  c.TLSServerName,
			CAFile:         c.TLSCAFile,
		},
	}
}

func wireSelection(service string, s balancer.Selection) (selection wire.Selection) {
	fillSelection(&selection, service, s)
	return selection
}

func fillSelection(into *wire.Selection, service string, s balancer.Selection) {
	host, port := hostPort(s.Address())
	*into = wire.Selection{
		Service: service,
		Address: s.Address(),
		Host:    host,
		Port:    port,
		ID:      s.ID(),
		Weight:  s.Weight(),
		Zone:    s.Zone(),
		Tags:    s.Tags(),
		Meta:    s.Meta(),
		Stale:   s.Stale(),
		Panic:   s.Panic(),
		Table:   tableName(s.Table()),
	}
}

// hostPort splits an address, which is canonical since it came in.
func hostPort(address string) (host string, port int) {
	at := strings.LastIndexByte(address, ':')
	for _, digit := range []byte(address[at+1:]) {
		port = 10*port + int(digit-'0')
	}
	return strings.Trim(address[:at], "[]"), port
}

// tableName writes the fingerprint of a table; empty where there is none.
func tableName(t balancer.Table, ok bool) string {
	if !ok {
		return ""
	}
	return t.Name
}

func wireBackend(b balancer.BackendSnapshot) wire.Backend {
	backend := wire.Backend{
		Address: b.Address,
		ID:      b.ID,
		Healthy: b.Healthy,
		Held:    b.Held,
		Damped:  b.Damped,
		Verdicts: wire.Verdicts{
			Registry: b.Verdicts.Registry.String(),
			Active:   b.Verdicts.Active.String(),
			Passive:  b.Verdicts.Passive.String(),
			Admin:    b.Verdicts.Admin.String(),
		},
		ActiveConnections:   int64(b.ActiveConnections),
		ConsecutiveFailures: int64(b.ConsecutiveFailures),
		ReportedFailures:    int64(b.ReportedFailures),
		Weight:              b.Weight,
		EffectiveWeight:     b.EffectiveWeight,
		Priority:            b.Priority,
		Zone:                b.Zone,
		Tags:                b.Tags,
		Meta:                b.Meta,
	}
	if backend.Tags == nil {
		backend.Tags = []string{}
	}
	if backend.Meta == nil {
		backend.Meta = map[string]string{}
	}
	return backend
}

func wireCheck(last health.Last) *wire.LastCheck {
	return &wire.LastCheck{
		At:         last.At.Format(time.RFC3339Nano),
		OK:         last.OK,
		DurationMS: float64(last.Duration) / float64(time.Millisecond),
		Error:      last.Error,
	}
}

// wireDiff gives lists that are never null.
func wireDiff(d balancer.Diff) wire.Diff {
	return wire.Diff{Added: sorted(d.Added), Removed: sorted(d.Removed), Changed: sorted(d.Changed)}
}
