package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

// manyChanges is from where on the changes of one update are counted and not named.
const manyChanges = 10

// note adds a change to the history of a service.
func (g *groups) note(service, cause, address, effect string) {
	g.history.Add(service, feed.Change{At: time.Now(), Cause: cause, Address: address, Effect: effect})
}

// noteUpdate takes down what a source changed; stale says how it was before.
func (g *groups) noteUpdate(u discovery.Update, stale bool) {
	cause := "source " + strings.Join(u.Sources, ", ")
	d := u.Diff
	if n := len(d.Added) + len(d.Removed) + len(d.Changed); n > manyChanges {
		g.note(u.Service, cause, "", fmt.Sprintf("%d added, %d removed, %d changed", len(d.Added), len(d.Removed), len(d.Changed)))
	} else {
		for _, e := range d.Added {
			g.note(u.Service, cause, e.Address, "added")
		}
		for _, e := range d.Removed {
			g.note(u.Service, cause, e.Address, "removed")
		}
		for _, e := range d.Changed {
			g.note(u.Service, cause, e.Address, strings.TrimSuffix(fmt.Sprintf("changed: registry %s, weight %d; %s", e.Status, e.Weight, e.Reason), "; "))
		}
	}
	if u.Stale != stale {
		g.note(u.Service, cause, "", map[bool]string{true: "stale: the source does not answer", false: "fresh again"}[u.Stale])
	}
}

// noteDiff takes down what a caller of the API changed.
func (g *groups) noteDiff(ctx context.Context, service string, d balancer.Diff) {
	cause := causeOf(ctx)
	if n := len(d.Added) + len(d.Removed) + len(d.Changed); n > manyChanges {
		g.note(service, cause, "", fmt.Sprintf("%d added, %d removed, %d changed", len(d.Added), len(d.Removed), len(d.Changed)))
		return
	}
	for _, part := range []struct {
		effect    string
		addresses []string
	}{{"added", d.Added}, {"removed", d.Removed}, {"changed", d.Changed}} {
		for _, address := range part.addresses {
			g.note(service, cause, address, part.effect)
		}
	}
}

// noteProbe takes down a verdict that turned.
func (g *groups) noteProbe(r health.Result) {
	if r.Verdict == health.Failed {
		g.note(r.Service, "probe", r.Address, fmt.Sprintf("failed: %s, %d in a row", r.Last.Error, r.Failed))
		return
	}
	g.note(r.Service, "probe", r.Address, r.Verdict.String())
}

// causeOf names who sent the request that a context belongs to.
func causeOf(ctx context.Context) string {
	caller, ok := api.CallerOf(ctx)
	if !ok {
		return "agent"
	}
	return fmt.Sprintf("uid %d", caller.UID)
}

// History shows the last changes of a service, the oldest first.
func (s services) History(ctx context.Context, service string) (wire.History, error) {
	h := wire.History{Service: service, Changes: []wire.Change{}}
	for _, c := range s.groups.history.Of(service) {
		h.Changes = append(h.Changes, wire.Change{
			At:      c.At.Format(time.RFC3339Nano),
			Cause:   c.Cause,
			Address: c.Address,
			Effect:  c.Effect,
		})
	}
	if len(h.Changes) > 0 {
		return h, nil
	}
	_, err := s.Group(ctx, service) // which says whether there is such a service
	return h, err
}
