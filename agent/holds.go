package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

// holds sends away what discovery holds, and has it ask again. It is the catalog.
type holds interface {
	// Accept sends away all of a service, and returns which they were once the groups know.
	Accept(ctx context.Context, service string) (addresses []string, err error)
	// Dismiss sends one away, if it is held. It does not wait.
	Dismiss(service, address string)
	// Doubt has the sources of a service asked again, unless they just were. It does not wait.
	Doubt(service string)
}

// heldOf is nil for nearly every update.
func heldOf(u discovery.Update) map[string]discovery.Held {
	if len(u.Held) == 0 {
		return nil
	}
	held := make(map[string]discovery.Held, len(u.Held))
	for _, h := range u.Held {
		held[h.Endpoint.Address] = h
	}
	return held
}

// heldBackend says since when and until when a backend is held, if it is.
func (g *groups) heldBackend(service, address string) (discovery.Held, bool) {
	r := g.record(service)
	if r == nil {
		return discovery.Held{}, false
	}
	h, held := r.held[address]
	return h, held
}

// heldTotals counts what is held, and the services that it is of.
func (g *groups) heldTotals() (backends, services int) {
	g.records.Range(func(_, value any) bool {
		if n := len(value.(*record).held); n > 0 {
			backends += n
			services++
		}
		return true
	})
	return backends, services
}

// dismiss sends a held backend away whose probe has failed: nobody lists it and it does not answer, so
// nothing speaks for it.
func (g *groups) dismiss(r health.Result) {
	if _, held := g.heldBackend(r.Service, r.Address); held {
		g.note(r.Service, "probe", r.Address, "sent away while held: "+r.Last.Error)
		g.holds.Dismiss(r.Service, r.Address)
	}
}

var _ api.Acceptor = (*groups)(nil)

// Accept believes what the sources of a service withdrew: what is held of it goes.
func (g *groups) Accept(ctx context.Context, service string) (wire.Accepted, error) {
	if g.record(service) == nil {
		return wire.Accepted{}, problem(service, balancer.ErrUnknownService)
	}
	var addresses []string
	var err error
	late := fair.Pause(ctx, func() { addresses, err = g.holds.Accept(ctx, service) })
	if err = cmp.Or(err, late); err != nil {
		return wire.Accepted{}, err
	}
	if len(addresses) > 0 {
		g.note(service, causeOf(ctx), "", fmt.Sprintf("withdrawal of %d backends accepted", len(addresses)))
	}
	return wire.Accepted{Service: service, Removed: sorted(addresses)}, nil
}

// noteHolds takes down which backends are held from now on, and which are no longer and have gone.
func (g *groups) noteHolds(service string, old, next *record) {
	var before map[string]discovery.Held
	if old != nil {
		before = old.held
	}
	var begun, ended []string
	for address := range next.held {
		if _, was := before[address]; !was {
			begun = append(begun, address)
		}
	}
	for address := range before {
		if _, is := next.held[address]; !is && g.lb.Has(service, address) != nil {
			ended = append(ended, address)
		}
	}
	g.noteEach(service, begun, func(address string) string {
		return "withdrawn and held until " + clock(next.held[address].Until)
	})
	g.noteEach(service, ended, func(string) string { return "no longer held, gone" })
}

// noteEach takes down what became of a few backends, or how many there are.
func (g *groups) noteEach(service string, addresses []string, effect func(address string) string) {
	slices.Sort(addresses)
	for i, address := range addresses {
		if i == manyChanges {
			g.note(service, "agent", "", fmt.Sprintf("and %d more like this", len(addresses)-i))
			return
		}
		g.note(service, "agent", address, effect(address))
	}
}

// wireTime writes a moment for programs; empty where it is not known.
func wireTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// clock writes a moment for people.
func clock(t time.Time) string { return t.Format(time.TimeOnly) }

// showHold says for explain why a backend is held, and for how long.
func showHold(h discovery.Held, now time.Time) string {
	return fmt.Sprintf("withdrawn by its source %s ago, held until %s", now.Sub(h.Since).Round(time.Second), clock(h.Until))
}
