package agent

import (
	"context"
	"fmt"
	"strings"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

var (
	_ api.Registry   = (*groups)(nil)
	_ api.Backends   = (*groups)(nil)
	_ api.Operations = (*groups)(nil)
)

// Register registers or replaces a service of the source "api" with a fresh group.
func (g *groups) Register(ctx context.Context, service string, r wire.Registration) (wire.Group, bool, error) {
	created, err := g.register(service, r)
	if err != nil {
		return wire.Group{}, false, err
	}
	g.note(service, causeOf(ctx), "", fmt.Sprintf("registered with %d backends", len(r.Backends)))
	group, ok := g.Group(service)
	if !ok { // unregistered meanwhile
		return wire.Group{}, false, problem(service, balancer.ErrUnknownService)
	}
	return group, created, nil
}

func (g *groups) register(service string, r wire.Registration) (created bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.record(service)
	if err := g.owned(service, old); err != nil {
		return false, err
	}
	settings := g.policies.settingsOf(service, r.Strategy)
	next := &record{sources: []string{config.SourceAPI}, api: true, strategy: r.Strategy, check: g.policies.check(service)}
	if old != nil {
		next.shadowed = old.shadowed
	}
	g.records.Store(service, next) // before those who follow the service hear of it
	g.checker.Remove(service)      // a fresh group starts with nothing known of its backends
	g.forget(service)
	delete(g.recalled, service)
	err = g.lb.RegisterWith(service, fromSpecs(r.Backends), settings)
	if err != nil {
		g.restore(service, old)
		err = wire.NewProblem(wire.CodeBadRequest, "%v", err)
	}
	g.probe(service, next.check)
	g.judge(service)
	return old == nil, err
}

func (g *groups) restore(service string, old *record) {
	if old == nil {
		g.records.Delete(service)
		return
	}
	g.records.Store(service, old)
}

// owned refuses what only the API's own services allow.
func (g *groups) owned(service string, r *record) error {
	switch {
	case r != nil && !r.api:
		return wire.NewProblem(wire.CodeOwnedBySource, "service %q comes from %s; only services registered over the API can be changed here, but health and admin can be set", service, strings.Join(r.sources, ", "))
	case r == nil && g.policies.configured(service):
		return wire.NewProblem(wire.CodeOwnedBySource, "service %q is configured, though its source has not answered yet", service)
	}
	return nil
}

// change runs f if the service is the API's, and has its backends probed if f changed which there are.
func (g *groups) change(ctx context.Context, service string, f func() (balancer.Diff, error)) (wire.Diff, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.record(service)
	if err := g.owned(service, r); err != nil {
		return wire.Diff{}, err
	}
	if r == nil {
		return wire.Diff{}, problem(service, balancer.ErrUnknownService)
	}
	diff, err := f()
	if err != nil {
		return wire.Diff{}, problem(service, err)
	}
	if len(diff.Added)+len(diff.Removed) > 0 {
		g.probe(service, r.check)
		g.judge(service)
	}
	g.noteDiff(ctx, service, diff)
	return wireDiff(diff), nil
}

// Unregister removes a service of the source "api". What a provider said about it meanwhile comes
// into force.
func (g *groups) Unregister(ctx context.Context, service string) error {
	_, err := g.change(ctx, service, func() (balancer.Diff, error) {
		shadowed := g.record(service).shadowed
		if shadowed == nil {
			g.remove(service)
			return balancer.Diff{}, nil
		}
		g.checker.Remove(service)
		g.enforce(nil, *shadowed) // over the group that is there, so that no select finds none
		return balancer.Diff{}, nil
	})
	return err
}

// Update gives a service of the source "api" a new list of backends.
func (g *groups) Update(ctx context.Context, service string, backends []wire.BackendSpec) (wire.Diff, error) {
	return g.change(ctx, service, func() (balancer.Diff, error) {
		return g.lb.UpdateBackends(service, fromSpecs(backends))
	})
}

// Add adds a backend to a service of the source "api", or changes its attributes.
func (g *groups) Add(ctx context.Context, service string, backend wire.BackendSpec) (wire.Diff, error) {
	return g.change(ctx, service, func() (balancer.Diff, error) {
		return g.lb.AddBackend(service, fromSpec(backend))
	})
}

// Remove takes a backend out of a service of the source "api".
func (g *groups) Remove(ctx context.Context, service, address string) error {
	_, err := g.change(ctx, service, func() (balancer.Diff, error) {
		return balancer.Diff{Removed: []string{address}}, g.lb.RemoveBackend(service, address)
	})
	return err
}

// Mark sets the active verdict of a backend of any source. Probes that began before are not heard of
// any more; the next one may say otherwise.
func (g *groups) Mark(ctx context.Context, service, address string, healthy bool) error {
	g.checker.Override(service, address, healthy)
	effect := "marked unhealthy"
	if healthy {
		effect = "marked healthy"
	}
	return g.operate(ctx, service, address, effect, g.lb.MarkHealth(service, address, healthy))
}

// Administer sets the admin verdict of a backend of any source.
func (g *groups) Administer(ctx context.Context, service, address, state string) error {
	err := g.lb.SetAdmin(service, address, adminVerdicts[state])
	g.changed() // a drain of a backend that is away is no change of its group
	return g.operate(ctx, service, address, state, err)
}

// operate takes down what an operator did, if it worked.
func (g *groups) operate(ctx context.Context, service, address, effect string, err error) error {
	if err == nil {
		g.note(service, causeOf(ctx), address, effect)
	}
	return problem(service, err)
}
