package agent

import (
	"slices"
	"time"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/agent/lease"
	"github.com/remora-agent/remora/agent/state"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/balancer/outlier"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

// recall takes over what the agent before this one kept. The configuration is in force already, and wins
// where it says otherwise; nothing runs yet. The time between the two counts for what goes on by itself
// (the age of a list, an ejection, slow start) and not for what applications have to do (asking for a
// service, renewing a lease), which they could not.
func (a *Agent) recall(s state.State, now time.Time) {
	away := s.Meta.Elapsed(now)
	memories := make([]discovery.Memory, 0, len(s.Services))
	for i := range s.Services {
		service := &s.Services[i]
		a.groups.recall(service, away)
		if len(service.Sources) > 0 {
			memories = append(memories, recallSources(service, away))
		}
		service.Sources = nil // the lists can be large, and there are enough of them now
	}
	for i := range s.Leases {
		a.recallLease(&s.Leases[i])
	}
	a.catalog.Recall(memories)
}

func recallSources(s *state.Service, away time.Duration) discovery.Memory {
	m := discovery.Memory{Service: s.Name, Idle: s.Idle}
	for _, source := range s.Sources {
		m.Sources = append(m.Sources, discovery.SourceMemory{
			Provider:  source.Provider,
			Identity:  source.Identity,
			Age:       source.Age + away,
			Endpoints: recallEndpoints(source.Endpoints),
		})
	}
	return m
}

func recallEndpoints(list []state.Endpoint) []discovery.Endpoint {
	endpoints := make([]discovery.Endpoint, len(list))
	for i := range list {
		endpoints[i] = recallEndpoint(&list[i])
	}
	return endpoints
}

func recallEndpoint(e *state.Endpoint) discovery.Endpoint {
	status := discovery.Status(e.Status)
	if status > discovery.StatusMaintenance {
		status = discovery.StatusNone
	}
	return discovery.Endpoint{
		Address:  e.Address,
		ID:       e.ID,
		Weight:   e.Weight,
		Priority: e.Priority,
		Zone:     e.Zone,
		Tags:     e.Tags,
		Meta:     e.Meta,
		Status:   status,
		Reason:   e.Reason,
	}
}

// recallLease has a lease go on; its backend counts it as soon as it is there.
func (a *Agent) recallLease(l *state.Lease) {
	use := &keptUse{}
	err := a.leases.TakeAgain(lease.Memory{ID: l.ID, Left: l.Left, Lease: lease.Lease{
		Service: l.Service,
		Address: l.Address,
		UID:     l.UID,
		TTL:     l.TTL,
		Release: func() {
			use.end()
			a.data.changed()
		},
	}})
	if err != nil {
		a.log.Debug("a lease from before the restart was left out", "error", err)
		return
	}
	a.groups.await(l.Service, l.Address, use)
}

// recollection is what is remembered of a service until its backends are there.
type recollection struct {
	away     time.Duration
	backends map[string]state.Backend
	uses     map[string][]*keptUse // leases, by the address of the backend
}

// recollection returns that of the service; mu is held, or nothing runs yet.
func (g *groups) recollection(service string) *recollection {
	if g.recalled == nil {
		g.recalled, g.recalledAt = make(map[string]*recollection), time.Now()
	}
	if g.recalled[service] == nil {
		g.recalled[service] = &recollection{}
	}
	return g.recalled[service]
}

// recalledFor is how long what was remembered of a backend waits for it to be listed.
const recalledFor = 10 * time.Minute

// forgetRecalled drops what nobody has asked for until now.
func (g *groups) forgetRecalled(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.recalledAt) > recalledFor {
		g.recalled = nil
	}
}

func (g *groups) await(service, address string, use *keptUse) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.record(service)
	if r != nil && r.api { // it is there already
		g.bind(service, address, use)
		return
	}
	waiting := g.recollection(service)
	if waiting.uses == nil {
		waiting.uses = make(map[string][]*keptUse)
	}
	waiting.uses[address] = append(waiting.uses[address], use)
}

// bind counts the use of a backend, if that is there.
func (g *groups) bind(service, address string, use *keptUse) {
	if b, err := g.lb.Backend(service, address); err == nil {
		use.begin(b.Acquire())
	}
}

// recall takes over what is known of one service apart from its sources.
func (g *groups) recall(s *state.Service, away time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if discovery.CheckServiceName(s.Name) != nil {
		return
	}
	g.lb.DrainAgain(s.Name, s.Drained)
	if len(s.Backends) > 0 {
		kept := g.recollection(s.Name)
		kept.away = away
		kept.backends = make(map[string]state.Backend, len(s.Backends))
		for _, b := range s.Backends {
			kept.backends[b.Address] = b
		}
	}
	if s.API != nil && !g.policies.configured(s.Name) {
		g.recallAPI(s.Name, s.API)
	}
}

// recallAPI registers a service of the API as it was before the restart.
func (g *groups) recallAPI(service string, r *state.Registration) {
	next := &record{sources: []string{config.SourceAPI}, api: true, strategy: r.Strategy, check: g.policies.check(service)}
	endpoints := fromUpdate(discovery.Update{Endpoints: discovery.Clean(recallEndpoints(r.Endpoints)).Endpoints}, nil)
	g.records.Store(service, next)
	if err := g.registerAgain(service, endpoints, g.policies.settingsOf(service, r.Strategy), false); err != nil {
		g.records.Delete(service)
		g.log.Warn("a service that was registered over the API can't be registered again", "service", service, "error", err)
		return
	}
	g.probe(service, next.check)
	g.judge(service)
	g.recognize(service, true)
}

// registerAgain registers a group with what is remembered of its backends, which mostly is nothing.
func (g *groups) registerAgain(service string, endpoints []balancer.Endpoint, settings balancer.Settings, stale bool) error {
	return g.lb.RegisterAgain(service, endpoints, settings, balancer.Past{Stale: stale, Backends: g.memoriesOf(service, nil)})
}

// recallAdded gives backends that were listed later than their service was registered what is remembered.
func (g *groups) recallAdded(service string, added []string) {
	if len(added) == 0 {
		return
	}
	if memories := g.memoriesOf(service, added); len(memories) > 0 {
		g.must("recall backends", service, g.lb.Recall(service, memories))
	}
}

// memoriesOf is what the balancer is to know of backends; of all, unless some are named. Where nothing is
// probed any more, what probes found is no longer true: nothing would ever say otherwise. A mark by hand
// stays.
func (g *groups) memoriesOf(service string, only []string) []balancer.Memory {
	kept := g.recalled[service]
	if kept == nil {
		return nil
	}
	probed := g.policies.check(service) != nil
	memories := make([]balancer.Memory, 0, len(kept.backends))
	for address, b := range kept.backends {
		if only != nil && !slices.Contains(only, address) {
			continue
		}
		if !probed && b.OKs+b.Faileds > 0 {
			b.Verdict, b.Failures = uint8(health.Unknown), 0
		}
		memories = append(memories, balancer.Memory{
			Address:  address,
			Active:   checkVerdicts[health.Verdict(b.Verdict)],
			Failures: b.Failures,
			Ramping:  b.Ramping,
			Healthy:  b.Healthy + kept.away,
			Cost:     b.Cost,
			CostAge:  b.CostAge + kept.away,
		})
	}
	return memories
}

// recognize gives the backends of a group that was just changed back what is remembered of them beside
// that: streaks, ejections and leases. When whole says that nothing more is to come, the rest is forgotten.
func (g *groups) recognize(service string, whole bool) {
	kept := g.recalled[service]
	if kept == nil {
		return
	}
	addresses := g.lb.Addresses(service)
	g.checker.Recall(service, kept.streaks(addresses))
	g.feedback.Import(service, kept.ejections(addresses, time.Now()))
	for _, address := range addresses {
		for _, use := range kept.uses[address] {
			g.bind(service, address, use)
		}
		delete(kept.backends, address)
		delete(kept.uses, address)
	}
	if whole || len(kept.backends)+len(kept.uses) == 0 {
		delete(g.recalled, service)
	}
}

func (r *recollection) streaks(addresses []string) []health.Memory {
	var memories []health.Memory
	for _, address := range addresses {
		if b, ok := r.backends[address]; ok {
			memories = append(memories, health.Memory{
				Address: address,
				Verdict: health.Verdict(b.Verdict),
				OKs:     b.OKs,
				Failed:  b.Faileds,
			})
		}
	}
	return memories
}

func (r *recollection) ejections(addresses []string, now time.Time) (s outlier.State) {
	for _, address := range addresses {
		b, ok := r.backends[address]
		if !ok || b.Ejections == 0 {
			continue
		}
		one := outlier.BackendState{Address: address, Multiplier: b.Ejections}
		if e := b.Ejection; e != nil {
			one.Ejected, one.Since, one.Until = true, now.Add(-e.Age-r.away), now.Add(e.Left-r.away)
			one.Cause, one.Reason = outlier.Cause(e.Cause), e.Reason
			if e.Alone {
				one.Accuser = &e.Accuser
			}
		}
		s.Backends = append(s.Backends, one)
	}
	return s
}
