package client

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// follow keeps the groups up to date until ctx ends. Each watch begins with a snapshot of every service,
// so whatever was missed in between is made good.
func (b *Balancer) follow(ctx context.Context) {
	for wait := (backoff{}); ctx.Err() == nil; {
		began := time.Now()
		err := b.client.Watch(ctx, b.services, b.take)
		b.lost(err)
		if time.Since(began) > longestWait {
			wait = backoff{} // it was no agent that hangs up on everybody
		}
		pause(ctx, wait.next())
	}
}

// lost goes on without the agent.
func (b *Balancer) lost(err error) {
	b.link.lost(err)
	for _, service := range b.services {
		_ = b.lb.SetStale(service, true) // one that the agent did not know is not stale
	}
}

// take takes an event over. An error ends the watch; the next one starts with snapshots.
func (b *Balancer) take(e wire.Event) error {
	b.link.heard()
	switch e.Type {
	case wire.EventSnapshot:
		if e.Group == nil {
			return fmt.Errorf("watch service %q: the snapshot has no group", e.Service)
		}
		return b.adopt(e.Group)
	case wire.EventDiff, wire.EventHealth:
		group := b.groups[e.Service]
		if group == nil {
			return fmt.Errorf("watch service %q: a %s came before a snapshot", e.Service, e.Type)
		}
		group.Stale = e.Stale != nil && *e.Stale
		group.Backends = changedBy(group.Backends, e)
		return b.adopt(group)
	case wire.EventRemoved:
		delete(b.groups, e.Service)
		_ = b.lb.Unregister(e.Service) // it may never have been there
	}
	return nil
}

// adopt makes a group what the agent says it is.
func (b *Balancer) adopt(group *wire.Group) error {
	b.groups[group.Service] = group
	_, err := b.lb.Replicate(group.Service, replicaOf(group))
	return err
}

// changedBy is the list after an event.
func changedBy(backends []wire.Backend, e wire.Event) []wire.Backend {
	changed := make(map[string]*wire.Backend, len(e.Changed)+len(e.Removed))
	for i := range e.Removed {
		changed[e.Removed[i].Address] = nil
	}
	for i := range e.Changed {
		changed[e.Changed[i].Address] = &e.Changed[i]
	}
	next := make([]wire.Backend, 0, len(backends)+len(e.Added))
	for _, backend := range backends {
		switch now, is := changed[backend.Address]; {
		case !is:
			next = append(next, backend)
		case now != nil:
			next = append(next, *now)
		}
	}
	return slices.Concat(next, e.Added)
}
