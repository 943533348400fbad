package agent

import (
	"maps"
	"slices"
	"time"

	"github.com/remora-agent/remora/agent/state"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/balancer/outlier"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

// remember writes all that a restart must not lose. It goes from service to service, so that no lock is
// held for longer than one of them takes, and none while the disk is written to.
func (a *Agent) remember(w *state.Writer) {
	a.groups.forgetRecalled(time.Now())
	drained := a.groups.lb.Drained()
	names := slices.Concat(a.groups.Names(), a.catalog.Names(), slices.Collect(maps.Keys(drained)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if w.Err() != nil {
			return
		}
		s := a.rememberService(name)
		s.Drained = drained[name]
		if len(s.Sources)+len(s.Drained)+len(s.Backends) > 0 || s.API != nil {
			w.Service(&s)
		}
	}
	for _, l := range a.leases.Remember() {
		w.Lease(&state.Lease{ID: l.ID, Service: l.Service, Address: l.Address, UID: l.UID, TTL: l.TTL, Left: l.Left})
	}
}

func (a *Agent) rememberService(name string) state.Service {
	s := state.Service{Name: name}
	if m, ok := a.catalog.Remember(name); ok {
		s.Idle = m.Idle
		for _, source := range m.Sources {
			s.Sources = append(s.Sources, state.Source{
				Provider:  source.Provider,
				Identity:  source.Identity,
				Age:       source.Age,
				Endpoints: rememberEndpoints(source.Endpoints),
			})
		}
	}
	if r := a.groups.record(name); r != nil && r.api {
		s.API = a.groups.rememberAPI(name, r)
	}
	s.Backends = a.groups.rememberBackends(name)
	return s
}

func rememberEndpoints(endpoints []discovery.Endpoint) []state.Endpoint {
	list := make([]state.Endpoint, len(endpoints))
	for i := range endpoints {
		list[i] = rememberEndpoint(&endpoints[i])
	}
	return list
}

func rememberEndpoint(e *discovery.Endpoint) state.Endpoint {
	return state.Endpoint{
		Address:  e.Address,
		ID:       e.ID,
		Weight:   e.Weight,
		Priority: e.Priority,
		Zone:     e.Zone,
		Tags:     e.Tags,
		Meta:     e.Meta,
		Status:   uint8(e.Status),
		Reason:   e.Reason,
	}
}

// rememberAPI is a service as it could be registered again.
func (g *groups) rememberAPI(service string, r *record) *state.Registration {
	snapshot, err := g.lb.GroupSnapshot(service)
	if err != nil {
		return nil // it has just been unregistered
	}
	registration := &state.Registration{Strategy: r.strategy}
	for _, b := range snapshot.Backends {
		registration.Endpoints = append(registration.Endpoints, state.Endpoint{
			Address:  b.Address,
			ID:       b.ID,
			Weight:   b.Weight,
			Priority: b.Priority,
			Zone:     b.Zone,
			Tags:     b.Tags,
			Meta:     b.Meta,
		})
	}
	return registration
}

// rememberBackends is what was found out about the backends of a service, by the three who do.
func (g *groups) rememberBackends(service string) []state.Backend {
	var found findings
	for _, m := range g.lb.Remember(service) {
		b := found.of(m.Address)
		b.Verdict, b.Failures = rememberedVerdicts[m.Active], m.Failures
		b.Ramping, b.Healthy, b.Cost, b.CostAge = m.Ramping, m.Healthy, m.Cost, m.CostAge
	}
	for _, m := range g.checker.Remember(service) {
		b := found.of(m.Address)
		b.OKs, b.Faileds = m.OKs, m.Failed
	}
	now := time.Now()
	for _, o := range g.feedback.Remember(service).Backends {
		b := found.of(o.Address)
		b.Ejections, b.Ejection = o.Multiplier, rememberEjection(o, now)
	}
	return found.list
}

// rememberedVerdicts numbers verdicts as package health does.
var rememberedVerdicts = map[balancer.CheckVerdict]uint8{
	balancer.CheckUnknown: uint8(health.Unknown),
	balancer.CheckOK:      uint8(health.OK),
	balancer.CheckFailed:  uint8(health.Failed),
}

func rememberEjection(o outlier.BackendState, now time.Time) *state.Ejection {
	if !o.Ejected {
		return nil
	}
	e := &state.Ejection{Age: now.Sub(o.Since), Left: o.Until.Sub(now), Cause: string(o.Cause), Reason: o.Reason}
	if o.Accuser != nil {
		e.Alone, e.Accuser = true, *o.Accuser
	}
	return e
}

// findings collects by address.
type findings struct {
	list  []state.Backend
	place map[string]int
}

func (f *findings) of(address string) *state.Backend {
	i, ok := f.place[address]
	if !ok {
		if f.place == nil {
			f.place = make(map[string]int)
		}
		i = len(f.list)
		f.place[address] = i
		f.list = append(f.list, state.Backend{Address: address})
	}
	return &f.list[i]
}
