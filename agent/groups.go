package agent

import (
	"slices"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

// groups decides which services there are, to whom they belong and how their backends are probed. The
// catalog, the API and reloads change them through it, one at a time; whoever only reads goes to the
// balancer and to records, and never waits.
type groups struct {
	log     hclog.Logger
	lb      *balancer.LoadBalancer
	checker *health.Checker
	age     func(service string) float64 // since its sources last answered, in seconds

	records sync.Map // service name: *record

	mu       sync.Mutex // held while a service or its list changes
	policies policies
}

// record is what the agent knows about a service beside its group. It does not change; a new one
// takes its place.
type record struct {
	sources []string // api, static or the names of providers
	api     bool     // registered over the API
	check   *config.HealthCheck

	// shadowed is what a provider says about a service that was registered over the API: it comes
	// into force when that one is unregistered.
	shadowed *discovery.Update
}

// policies is how the configuration wants services to be treated.
type policies struct {
	defaults config.Defaults
	services map[string]config.Service
}

func policiesOf(c *config.Config) policies {
	p := policies{defaults: c.Defaults, services: make(map[string]config.Service, len(c.Services))}
	for _, s := range c.Services {
		p.services[s.Name] = s
	}
	return p
}

func (p policies) configured(service string) bool {
	_, ok := p.services[service]
	return ok
}

func (p policies) check(service string) *config.HealthCheck {
	if s, ok := p.services[service]; ok {
		return s.HealthCheck
	}
	return p.defaults.HealthCheck
}

func (p policies) strategy(service string) balancer.Strategy {
	if s, ok := p.services[service]; ok {
		return balancer.Strategy(s.Strategy)
	}
	return balancer.Strategy(p.defaults.Strategy)
}

func (g *groups) record(service string) *record {
	if value, ok := g.records.Load(service); ok {
		return value.(*record)
	}
	return nil
}

var _ discovery.Consumer = (*groups)(nil)

// Apply takes a service's list from the catalog.
func (g *groups) Apply(u discovery.Update) {
	if g.apply(u) {
		g.log.Warn("service registered over the API hides the one of a provider", "service", u.Service, "sources", u.Sources)
	}
}

// apply tells whether the service has just been found to be hidden by one of the API.
func (g *groups) apply(u discovery.Update) (hidden bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.record(u.Service)
	if old != nil && old.api && !g.policies.configured(u.Service) {
		shadow := *old
		shadow.shadowed = &u
		g.records.Store(u.Service, &shadow)
		return old.shadowed == nil
	}
	g.enforce(old, u)
	return false
}

// enforce puts a list of the catalog in force.
func (g *groups) enforce(old *record, u discovery.Update) {
	next := &record{sources: slices.Clone(u.Sources), check: g.policies.check(u.Service)}
	endpoints, strategy := fromSource(u.Endpoints), g.policies.strategy(u.Service)
	g.records.Store(u.Service, next) // before those who follow the service hear of it
	if old == nil {
		g.must("register service", u.Service, g.lb.Register(u.Service, endpoints, strategy))
	} else {
		g.must("change strategy", u.Service, g.lb.SetStrategy(u.Service, strategy))
		_, err := g.lb.UpdateBackends(u.Service, endpoints)
		g.must("update service", u.Service, err)
	}
	g.must("set stale", u.Service, g.lb.SetStale(u.Service, u.Stale))
	if old == nil || !sameCheck(old.check, next.check) || len(u.Diff.Added)+len(u.Diff.Removed) > 0 {
		g.probe(u.Service, next.check)
	}
}

// must logs what can't happen: the catalog hands over clean lists of known services.
func (g *groups) must(what, service string, err error) {
	if err != nil {
		g.log.Error("change of a group failed", "change", what, "service", service, "error", err)
	}
}

// Drop takes a service that the catalog no longer watches out.
func (g *groups) Drop(service string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.record(service)
	switch {
	case old == nil:
	case old.api:
		kept := *old
		kept.shadowed = nil
		g.records.Store(service, &kept)
	default:
		g.remove(service)
	}
}

func (g *groups) remove(service string) {
	g.checker.Remove(service)
	g.must("unregister service", service, g.lb.Unregister(service))
	g.records.Delete(service)
}

// probe makes the checker probe what the group now holds.
func (g *groups) probe(service string, check *config.HealthCheck) {
	if check == nil {
		g.checker.Remove(service)
		return
	}
	addresses := g.lb.Addresses(service)
	targets := make([]health.Target, len(addresses))
	for i, address := range addresses {
		targets[i] = targetOf(address, check)
	}
	g.checker.SetTargets(service, targets)
}

// reconfigure puts new policies in force for services that are there: strategies change in place and
// keep all state; backends that are no longer probed lose what probes said of them.
func (g *groups) reconfigure(p policies) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.policies = p
	g.records.Range(func(key, value any) bool {
		service, old := key.(string), value.(*record)
		if !old.api {
			g.must("change strategy", service, g.lb.SetStrategy(service, p.strategy(service)))
		}
		if check := p.check(service); !sameCheck(check, old.check) {
			next := *old
			next.check = check
			g.records.Store(service, &next)
			g.recheck(service, check)
		}
		return true
	})
}

func (g *groups) recheck(service string, check *config.HealthCheck) {
	g.probe(service, check)
	if check != nil {
		return
	}
	for _, address := range g.lb.Addresses(service) {
		g.must("forget checks", service, g.lb.ForgetChecks(service, address))
	}
}

func sameCheck(a, b *config.HealthCheck) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Checked takes the result of a probe to the balancer.
func (g *groups) Checked(r health.Result) {
	err := g.lb.RecordCheck(r.Service, r.Address, r.OK, checkVerdicts[r.Verdict])
	if err != nil || r.Verdict == r.Before {
		return // a backend that has just left needs no result
	}
	switch {
	case r.Verdict == health.Failed:
		g.log.Warn("backend failed its health check", "service", r.Service, "address", r.Address, "failures", r.Failed, "reason", r.Last.Error)
	case r.Before == health.Failed:
		g.log.Info("backend passes its health check again", "service", r.Service, "address", r.Address)
	}
}

var _ health.Sink = (*groups)(nil)
