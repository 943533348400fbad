package agent

import (
	"fmt"
	"strings"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/health/damping"
)

// watchFlaps has the groups act on what the damper finds.
func (g *groups) watchFlaps(d *damper) {
	g.damper = d
	d.members = g.lb.BackendCount
	d.damp = func(service, address string, _ damping.Hold, held bool) {
		_, _ = g.lb.SetDamped(service, address, held) // one that has left is told when it comes back
	}
	d.began = func(service string, h damping.Hold) {
		g.note(service, "damping", h.Address, fmt.Sprintf("held down for %s: %s", h.Until.Sub(h.Since), flapped(h)))
		g.log.Warn("backend flaps and is held down", "service", service, "address", h.Address,
			"hold", h.Until.Sub(h.Since), "changes", h.Changes)
	}
	d.over = func(service string, h damping.Hold) {
		g.note(service, "damping", h.Address, "no longer held down")
		g.log.Info("backend is no longer held down", "service", service, "address", h.Address)
	}
}

// flapped says what a hold is for.
func flapped(h damping.Hold) string {
	if h.Holds > 1 {
		return fmt.Sprintf("flapping, %d changes of state, hold %d in a row", h.Changes, h.Holds)
	}
	return fmt.Sprintf("flapping, %d changes of state", h.Changes)
}

// explainFlaps puts the reason of a hold, and how long it still lasts, in the place of what the balancer
// knows.
func (g *groups) explainFlaps(service, address, reason string) string {
	if !strings.Contains(reason, balancer.ReasonDamped) {
		return reason
	}
	h, held := g.damper.of(service, address)
	if !held {
		return reason
	}
	left := max(0, time.Until(h.Until)).Round(time.Second)
	return strings.Replace(reason, balancer.ReasonDamped,
		fmt.Sprintf("held down for %s more of %s: %s", left, h.Until.Sub(h.Since), flapped(h)), 1)
}

// showFlaps adds to a backend why and until when it is held down.
func (g *groups) showFlaps(service string, b *wire.Backend) {
	if !b.Damped {
		return
	}
	if h, held := g.damper.of(service, b.Address); held {
		b.DampedUntil, b.DampedReason = wireTime(h.Until), flapped(h)
	}
}
