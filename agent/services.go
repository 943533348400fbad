package agent

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

var _ feed.Source = (*groups)(nil)

// Names lists all services that are there.
func (g *groups) Names() []string { return g.lb.ListServiceNames() }

// Group shows one service as it is now.
func (g *groups) Group(service string) (wire.Group, bool) {
	s, err := g.lb.GroupSnapshot(service)
	if err != nil {
		return wire.Group{}, false
	}
	group := wire.Group{
		Service:      s.Service,
		Strategy:     string(s.Strategy),
		Sources:      []string{},
		Index:        s.Index,
		Stale:        s.Stale,
		AgeSeconds:   g.age(service),
		BackendCount: len(s.Backends) - s.HeldCount,
		HealthyCount: s.HealthyCount,
		HeldCount:    s.HeldCount,
		Regime:       string(s.Regime),
		Tiers:        wireTiers(s.Tiers),
		Zones:        wireZones(s.Zones),
		Settings:     wireSettings(s.Settings),
		Table:        tableName(s.Table, s.Table.Bytes > 0),
		TableBytes:   s.Table.Bytes,
		Backends:     make([]wire.Backend, len(s.Backends)),
	}
	r := g.record(service)
	if r != nil {
		group.Sources = r.sources
	}
	checks := g.checker.LastOf(service)
	for i, b := range s.Backends {
		group.Backends[i] = wireBackend(b)
		if last, ok := checks[b.Address]; ok {
			group.Backends[i].LastCheck = wireCheck(last)
		}
		g.showFlaps(service, &group.Backends[i])
		if r != nil && b.Held {
			group.Backends[i].HeldUntil = wireTime(r.held[b.Address].Until)
		}
	}
	return group, true
}

// services shows what is there, and follows it.
type services struct {
	*selector
	hub *feed.Hub
}

var (
	_ api.Services = services{}
	_ api.Feed     = services{}
)

// List gives all services in brief, those included that are configured and whose source has not answered
// yet: they have no backends and are stale.
func (s services) List(context.Context) ([]wire.ServiceSummary, error) {
	waiting := s.groups.waiting() // first, so that one whose list comes now is in one of the two
	names := s.groups.lb.ListServiceNames()
	list := slices.DeleteFunc(waiting, func(w wire.ServiceSummary) bool {
		_, there := slices.BinarySearch(names, w.Name)
		return there
	})
	for _, name := range names {
		summary, err := s.groups.lb.Summary(name)
		if err != nil {
			continue // it has just left
		}
		item := wire.ServiceSummary{
			Name:         name,
			Strategy:     string(summary.Strategy),
			Sources:      []string{},
			BackendCount: summary.BackendCount,
			HealthyCount: summary.HealthyCount,
			HeldCount:    summary.HeldCount,
			Regime:       string(summary.Regime),
			Stale:        summary.Stale,
		}
		if r := s.groups.record(name); r != nil {
			item.Sources = r.sources
		}
		list = append(list, item)
	}
	slices.SortFunc(list, func(a, b wire.ServiceSummary) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// waiting lists the configured services that no source has said anything about yet.
func (g *groups) waiting() []wire.ServiceSummary {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []wire.ServiceSummary{}
	for name, s := range g.policies.services {
		if g.record(name) != nil {
			continue
		}
		item := wire.ServiceSummary{Name: name, Strategy: s.Strategy, Sources: []string{}, Regime: string(balancer.Down), Stale: true}
		for _, source := range s.Sources {
			item.Sources = append(item.Sources, source.Provider)
		}
		list = append(list, item)
	}
	return list
}

// Group shows one service, once its first snapshot is there.
func (s services) Group(ctx context.Context, service string) (wire.Group, error) {
	var group wire.Group
	err := s.await(ctx, service, func() error {
		var ok bool
		if group, ok = s.groups.Group(service); !ok {
			return balancer.ErrUnknownService
		}
		return nil
	})
	return group, problem(service, err)
}

// Wait shows one service once its index is above index, and at the latest after wait.
func (s services) Wait(ctx context.Context, service string, index uint64, wait time.Duration) (wire.Group, error) {
	if _, err := s.Group(ctx, service); err != nil {
		return wire.Group{}, err
	}
	return s.hub.Wait(ctx, service, index, wait)
}

// Watch emits a snapshot and then every change of the services, or of all if none is named. Named
// ones begin to be watched at their sources.
func (s services) Watch(ctx context.Context, names []string, emit func(wire.Event) error) error {
	for _, name := range names {
		if r := s.groups.record(name); r == nil || !r.api {
			s.catalog.Ask(name)
		}
	}
	return s.hub.Watch(ctx, names, emit)
}
