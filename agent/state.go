package agent

import (
	"errors"

	"github.com/remora-agent/remora/agent/feedback"
	"github.com/remora-agent/remora/agent/metrics"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
)

var _ metrics.Source = (*Agent)(nil)

// State is what the parts count by themselves, for a scrape.
func (a *Agent) State() metrics.State {
	probes := a.checker.Stats()
	state := metrics.State{
		Services:    a.serviceState(),
		Distinct:    probes.Probes,
		InFlight:    probes.InFlight,
		TimedOut:    probes.InFlightTimedOut,
		Lateness:    probes.Lateness.Seconds(),
		Targets:     probes.Targets,
		Leases:      a.leases.Count(),
		Connections: a.server.Connections(),
		Users:       a.usersState(),
		NotAccepted: a.server.AcceptFailures(),
		Disk:        a.data.stats(),
	}
	for _, p := range a.catalog.Status() {
		age := -1.0
		if p.Answered {
			age = p.Age.Seconds()
		}
		state.Providers = append(state.Providers, metrics.Provider{
			Name:       p.Name,
			Type:       p.Type,
			Services:   p.Services,
			Ready:      p.Ready,
			Stale:      p.Stale,
			AgeSeconds: age,
			Updates:    p.Updates,
			Errors:     p.Errors,
			Dropped:    p.Dropped,
			Rechecks:   p.Rechecks,
			Load:       loadOf(p),

			Credentials: credentialsOf(p),
		})
	}
	for _, r := range probes.Results {
		state.Probes = append(state.Probes, metrics.Probes{Type: r.Type, Result: r.Result, Count: r.N})
	}
	return state
}

// credentialsOf is how those of a provider are doing; nil when it shows none.
func credentialsOf(p discovery.ProviderStatus) *metrics.Credentials {
	if p.Credentials == nil {
		return nil
	}
	c := &metrics.Credentials{Refused: p.Credentials.Problem != nil}
	if expires := p.Credentials.Expires; !expires.IsZero() {
		c.ExpiresUnix = float64(expires.Unix())
	}
	return c
}

// loadOf is what a provider costs its catalog; nil when it does not count.
func loadOf(p discovery.ProviderStatus) *metrics.Load {
	if p.Load == nil {
		return nil
	}
	return &metrics.Load{
		Queries:       p.Load.Queries,
		SentBytes:     p.Load.SentBytes,
		ReceivedBytes: p.Load.ReceivedBytes,
		Connections:   p.Load.Connections,
		DelaySeconds:  p.Load.Delay.Seconds(),
	}
}

func (a *Agent) serviceState() []metrics.Service {
	reported := make(map[string]feedback.Stats)
	for _, s := range a.feedback.Stats() {
		reported[s.Service] = s
	}
	names := a.groups.Names()
	list := make([]metrics.Service, 0, len(names))
	for _, name := range names {
		s, err := a.groups.lb.Summary(name)
		if err != nil {
			continue // it has just left
		}
		r := reported[name]
		service := metrics.Service{
			Name:      name,
			Backends:  s.BackendCount,
			Healthy:   s.HealthyCount,
			Held:      s.HeldCount,
			Stale:     s.Stale,
			Successes: r.Successes,
			Failures:  r.Failures,
			Limited:   r.Limited,
		}
		if o := r.Outliers; o != nil {
			service.Ejected = o.Ejected
			for _, n := range o.Ejections {
				service.Ejections += n
			}
		}
		service.Damped, service.Dampings = a.damper.stats(name)
		list = append(list, service)
	}
	return list
}

// countFailed counts a selection that failed, by the code that its application gets.
func (a *Agent) countFailed(service string, err error) {
	outcome := wire.CodeInternal
	var p *wire.Problem
	if errors.As(problem(service, err), &p) {
		outcome = p.Code
	}
	a.metrics.Failed(service, string(outcome), a.groups.record(service) != nil)
}

// age is how long ago the sources of a service last answered, in seconds; 0 for one of the API.
func (a *Agent) age(service string) float64 {
	if r := a.groups.record(service); r == nil || r.api {
		return 0
	}
	status, _ := a.catalog.ServiceStatus(service)
	return status.Age.Seconds()
}
