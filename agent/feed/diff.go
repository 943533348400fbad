package feed

import (
	"maps"
	"slices"

	"github.com/remora-agent/remora/client/wire"
)

// difference is the event that leads from one view of a service to the next; false when a follower
// could not tell them apart. Counters and probes are not compared: they are shown, never announced.
func difference(from, to *wire.Group) (wire.Event, bool) {
	if from.Strategy != to.Strategy || from.Settings != to.Settings || !slices.Equal(from.Sources, to.Sources) {
		return snapshot(to), true
	}
	event := wire.Event{Type: wire.EventHealth, Service: to.Service, Index: to.Index, Stale: &to.Stale}
	find := finder(from.Backends)
	for i := range to.Backends {
		next := &to.Backends[i]
		switch last := find(i, next.Address); {
		case last == nil:
			event.Added = append(event.Added, *next)
		case !sameAttributes(last, next):
			event.Type = wire.EventDiff
			event.Changed = append(event.Changed, *next)
		case !sameHealth(last, next):
			event.Changed = append(event.Changed, *next)
		}
	}
	if kept := len(to.Backends) - len(event.Added); kept < len(from.Backends) {
		event.Removed = missing(from.Backends, to.Backends)
	}
	if len(event.Added)+len(event.Removed) > 0 {
		event.Type = wire.EventDiff
	}
	return event, event.Type == wire.EventDiff || len(event.Changed) > 0 || from.Stale != to.Stale
}

// missing lists the backends of from whose address is not in to.
func missing(from, to []wire.Backend) []wire.Backend {
	find := finder(to)
	var gone []wire.Backend
	for i := range from {
		if find(i, from[i].Address) == nil {
			gone = append(gone, from[i])
		}
	}
	return gone
}

func snapshot(group *wire.Group) wire.Event {
	return wire.Event{
		Type: wire.EventSnapshot, Service: group.Service, Index: group.Index,
		Stale: &group.Stale, Group: group,
	}
}

// finder looks backends up by address. Most views keep the order of the one before, so it tries the
// same place first and builds a table only when that fails.
func finder(backends []wire.Backend) func(place int, address string) *wire.Backend {
	var table map[string]*wire.Backend
	return func(place int, address string) *wire.Backend {
		if place < len(backends) && backends[place].Address == address {
			return &backends[place]
		}
		if table == nil {
			table = make(map[string]*wire.Backend, len(backends))
			for i := range backends {
				table[backends[i].Address] = &backends[i]
			}
		}
		return table[address]
	}
}

// sameGroup says whether two views differ in nothing that an event would tell.
func sameGroup(a, b *wire.Group) bool {
	same := func(x, y wire.Backend) bool {
		return x.Address == y.Address && sameAttributes(&x, &y) && sameHealth(&x, &y)
	}
	return a.Strategy == b.Strategy && a.Settings == b.Settings && a.Stale == b.Stale &&
		slices.Equal(a.Sources, b.Sources) && slices.EqualFunc(a.Backends, b.Backends, same)
}

func sameAttributes(a, b *wire.Backend) bool {
	return a.ID == b.ID && a.Weight == b.Weight && a.Priority == b.Priority && a.Zone == b.Zone && a.Held == b.Held &&
		slices.Equal(a.Tags, b.Tags) && maps.Equal(a.Meta, b.Meta)
}

func sameHealth(a, b *wire.Backend) bool {
	return a.Healthy == b.Healthy && a.Damped == b.Damped && a.Verdicts == b.Verdicts
}
