package agent

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/agent/feedback"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/balancer/outlier"
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
	holds   holds
	history *feed.History
	changed func() // what is kept on disk is no longer all

	feedback *feedback.Feedback // what applications report
	damper   *damper            // who flaps

	records sync.Map // service name: *record

	mu       sync.Mutex // held while a service or its list changes
	policies policies
	recalled map[string]*recollection // from before a restart, by service
	scratch  []balancer.Endpoint      // of the last list that was translated; empty

	recalledAt time.Time
}

// record is what the agent knows about a service beside its group. It does not change; a new one
// takes its place.
type record struct {
	sources  []string // api, static or the names of providers
	api      bool     // registered over the API
	strategy string   // as it was registered; empty: the configuration's
	stale    bool     // as its sources said last
	check    *config.HealthCheck
	held     map[string]discovery.Held // by address; nil: none

	// shadowed is what a provider says about a service that was registered over the API: it comes
	// into force when that one is unregistered.
	shadowed *discovery.Update
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
	next := &record{sources: slices.Clone(u.Sources), stale: u.Stale, check: g.policies.check(u.Service), held: heldOf(u)}
	var diff balancer.Diff // of the group, which is not what the update was compared with
	endpoints, settings := fromUpdate(u, g.scratch), g.policies.settings(u.Service)
	defer g.reuse(endpoints)
	g.records.Store(u.Service, next) // before those who follow the service hear of it
	if old == nil {
		g.forget(u.Service)
		g.must("register service", u.Service, g.registerAgain(u.Service, endpoints, settings, u.Stale))
	} else {
		g.must("configure", u.Service, g.lb.Configure(u.Service, settings))
		var err error
		diff, err = g.lb.UpdateBackends(u.Service, endpoints)
		g.must("update service", u.Service, err)
		g.recallAdded(u.Service, diff.Added)
		g.damper.turned(u.Service, slices.Concat(diff.Turned, diff.Removed)...)
		g.damper.arrived(u.Service, diff.Added)
	}
	g.must("set stale", u.Service, g.lb.SetStale(u.Service, u.Stale))
	g.noteUpdate(u, old != nil && old.stale)
	g.noteHolds(u.Service, old, next)
	if old == nil || !sameCheck(old.check, next.check) || len(diff.Added)+len(diff.Removed) > 0 {
		g.probe(u.Service, next.check)
	}
	g.judge(u.Service)
	g.recognize(u.Service, !u.Stale)
}

// maxScratch is how long a list may be whose memory is kept.
const maxScratch = 1000

// reuse keeps the memory of a list, without what it holds: at hundreds of changes a second, collecting
// it would be most of what a change costs.
func (g *groups) reuse(endpoints []balancer.Endpoint) {
	clear(endpoints)
	if cap(endpoints) <= maxScratch {
		g.scratch = endpoints[:0]
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
	g.forget(service)
	delete(g.recalled, service)
	g.must("unregister service", service, g.lb.Unregister(service))
	g.records.Delete(service)
	g.note(service, "agent", "", "gone")
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
// keep all state; backends that are no longer probed lose what probes said of them; and what a provider
// says about a service that is now configured counts instead of what the API said.
func (g *groups) reconfigure(p policies) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.policies = p
	g.records.Range(func(key, value any) bool {
		service, old := key.(string), value.(*record)
		switch {
		case !old.api:
			g.must("configure", service, g.lb.Configure(service, p.settings(service)))
		case p.configured(service) && old.shadowed != nil:
			g.enforce(old, *old.shadowed)
			return true
		}
		g.judge(service)
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

// forget is for a service that goes or is registered anew: nothing that was found out about the backends of
// its group holds of another.
func (g *groups) forget(service string) {
	g.feedback.Remove(service)
	g.damper.remove(service)
}

// judge tells outlier detection and damping which backends the group now holds.
func (g *groups) judge(service string) {
	g.damper.setService(service, g.policies.damping(service))
	settings := g.policies.outliers(service)
	if settings == nil {
		g.feedback.SetService(service, nil, nil)
		return
	}
	g.feedback.SetService(service, g.lb.Addresses(service), settings)
}

// SetPassive takes a verdict of outlier detection to the balancer. It may be told the same twice, and it
// may be called while the groups change, so it takes no lock of theirs.
func (g *groups) SetPassive(service string, c outlier.Change) {
	verdict := balancer.CheckUnknown
	switch {
	case c.Ejected:
		verdict = balancer.CheckFailed
	case c.Cause != "":
		verdict = balancer.CheckOK
	}
	changed, err := g.lb.SetPassive(service, c.Address, verdict)
	if err != nil || !changed {
		return // a backend that has just left needs no verdict
	}
	effect := "back: " + string(c.Cause)
	if c.Ejected {
		g.doubt(service, c.Address)
		effect = fmt.Sprintf("ejected for %s: %s", c.Until.Sub(c.Since), c.Reason)
	}
	g.note(service, "reports", c.Address, effect)
}

var _ feedback.Ejector = (*groups)(nil)

// Checked takes the result of a probe to the balancer.
func (g *groups) Checked(r health.Result) {
	turned, err := g.lb.RecordProbe(r.Service, r.Address, r.OK, checkVerdicts[r.Verdict])
	if err != nil {
		return // a backend that has just left needs no result
	}
	if r.OK && r.Verdict == health.OK {
		g.feedback.OnActive(r.Service, r.Address, true)
	}
	if !r.OK {
		g.dismiss(r)
	}
	if r.Verdict == r.Before {
		return
	}
	g.noteProbe(r)
	switch {
	case r.Verdict == health.Failed:
		g.log.Warn("backend failed its health check", "service", r.Service, "address", r.Address, "failures", r.Failed, "reason", r.Last.Error)
	case r.Before == health.Failed:
		g.log.Info("backend passes its health check again", "service", r.Service, "address", r.Address)
	}
	if turned {
		g.damper.turned(r.Service, r.Address)
	}
}

var _ health.Sink = (*groups)(nil)
