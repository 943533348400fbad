package api_test

import (
	"context"
	"slices"

	"github.com/remora-agent/remora/client/wire"
)

func ownedBySource(g *wire.Group) error {
	if g != nil && !slices.Contains(g.Sources, "api") {
		return wire.NewProblem(wire.CodeOwnedBySource, "service %q belongs to %v", g.Service, g.Sources)
	}
	return nil
}

func (m *memory) Register(_ context.Context, service string, r wire.Registration) (wire.Group, bool, error) {
	if err := magic(service); err != nil {
		return wire.Group{}, false, err
	}
	if r.Strategy != "" && r.Strategy != "round_robin" {
		return wire.Group{}, false, wire.NewProblem(wire.CodeBadRequest, "strategy is %q", r.Strategy)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.groups[service]
	if err := ownedBySource(old); err != nil {
		return wire.Group{}, false, err
	}
	g := &wire.Group{Service: service, Strategy: "round_robin", Sources: []string{"api"}}
	for _, spec := range r.Backends {
		g.Backends = append(g.Backends, m.backend(spec))
	}
	m.groups[service] = g
	m.publish(service)
	out := *g
	out.Backends = slices.Clone(g.Backends)
	return out, old == nil, nil
}

func (m *memory) Unregister(_ context.Context, service string) error {
	return m.change(service, func(g *wire.Group) error {
		if err := ownedBySource(g); err != nil {
			return err
		}
		delete(m.groups, service)
		return nil
	})
}

func (m *memory) Update(_ context.Context, service string, specs []wire.BackendSpec) (diff wire.Diff, err error) {
	err = m.change(service, func(g *wire.Group) error {
		if err := ownedBySource(g); err != nil {
			return err
		}
		var next []wire.Backend
		for _, spec := range specs {
			next = append(next, m.backend(spec))
			if !slices.ContainsFunc(g.Backends, at(spec.Address)) {
				diff.Added = append(diff.Added, spec.Address)
			}
		}
		for _, b := range g.Backends {
			if !slices.ContainsFunc(next, at(b.Address)) {
				diff.Removed = append(diff.Removed, b.Address)
			}
		}
		g.Backends = next
		return nil
	})
	return diff, err
}

func (m *memory) Add(_ context.Context, service string, spec wire.BackendSpec) (diff wire.Diff, err error) {
	err = m.change(service, func(g *wire.Group) error {
		if err := ownedBySource(g); err != nil {
			return err
		}
		if i := slices.IndexFunc(g.Backends, at(spec.Address)); i >= 0 {
			g.Backends[i] = m.backend(spec)
			diff.Changed = []string{spec.Address}
			return nil
		}
		g.Backends = append(g.Backends, m.backend(spec))
		diff.Added = []string{spec.Address}
		return nil
	})
	return diff, err
}

func (m *memory) Remove(_ context.Context, service, address string) error {
	return m.change(service, func(g *wire.Group) error {
		if err := ownedBySource(g); err != nil {
			return err
		}
		if err := hasBackend(address)(g); err != nil {
			return err
		}
		g.Backends = slices.DeleteFunc(g.Backends, at(address))
		return nil
	})
}

func at(address string) func(wire.Backend) bool {
	return func(b wire.Backend) bool { return b.Address == address }
}
