package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// Explain selects as Select does and shows that very selection. When nothing could be selected, the
// explanation comes with the problem.
func (s *selector) Explain(ctx context.Context, pick wire.Pick) (wire.Selection, wire.Explanation, error) {
	var chosen wire.Selection
	var explained wire.Explanation
	err := s.try(ctx, pick, func() error {
		selection, e, err := s.groups.lb.Explain(pick.Service, balancer.Pick{Key: pick.Key, Exclude: pick.Exclude})
		explained = s.groups.wireExplanation(e)
		if err == nil {
			chosen = wireSelection(pick.Service, selection)
			explained.Table = chosen.Table
		}
		return err
	})
	return chosen, explained, err
}

func (g *groups) wireExplanation(e balancer.Explanation) wire.Explanation {
	explained := wire.Explanation{
		Service:  e.Service,
		Strategy: string(e.Strategy),
		Index:    e.Index,
		Regime:   string(e.Regime),
		Stale:    e.Stale,
		Tiers:    wireTiers(e.Tiers),
		Zones:    wireZones(e.Zones),
		Why:      e.Why,
		Backends: make([]wire.Candidate, len(e.Backends)),
	}
	for i, c := range e.Backends {
		explained.Backends[i] = g.wireCandidate(e.Service, c)
	}
	return explained
}

func (g *groups) wireCandidate(service string, c balancer.Candidate) wire.Candidate {
	b := wireBackend(c.BackendSnapshot)
	return wire.Candidate{
		Address:         b.Address,
		ID:              b.ID,
		Zone:            b.Zone,
		Priority:        b.Priority,
		Verdicts:        b.Verdicts,
		Eligible:        c.Eligible,
		Reason:          g.reason(service, c),
		Weight:          b.Weight,
		EffectiveWeight: b.EffectiveWeight,
		Active:          b.ActiveConnections,
		Score:           c.Score,
		Drawn:           c.Drawn,
		Chosen:          c.Chosen,
	}
}

// reason adds to what the balancer knows what outlier detection and the probe said.
func (g *groups) reason(service string, c balancer.Candidate) string {
	if standing := g.feedback.Standing(service, c.Address); standing.Ejected {
		c.Reason = strings.Replace(c.Reason, "ejected as an outlier",
			fmt.Sprintf("ejected for %s: %s", standing.Until.Sub(standing.Since), standing.Reason), 1)
	}
	if held, is := g.heldBackend(service, c.Address); is {
		c.Reason = strings.Replace(c.Reason, balancer.ReasonHeld, showHold(held, time.Now()), 1)
	}
	c.Reason = g.explainFlaps(service, c.Address, c.Reason)
	if c.Verdicts.Registry >= balancer.RegistryCritical {
		c.Reason += g.since(service, c.Address, "registry "+c.Verdicts.Registry.String())
	}
	if c.Verdicts.Active != balancer.CheckFailed {
		return c.Reason
	}
	last, ok := g.checker.Last(service, c.Address)
	if !ok || last.OK {
		return c.Reason + " (marked by hand)"
	}
	return fmt.Sprintf("%s (%s, %d in a row)", c.Reason, last.Error, c.ConsecutiveFailures)
}

// since says for how long a backend has been what its last change made it; empty when that is forgotten.
func (g *groups) since(service, address, effect string) string {
	var at time.Time
	for _, c := range g.history.Of(service) {
		switch {
		case c.Address != address:
		case !strings.Contains(c.Effect, effect):
			at = time.Time{}
		case at.IsZero():
			at = c.At
		}
	}
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf(" since %s", time.Since(at).Round(time.Second))
}

func wireTiers(tiers []balancer.TierLoad) []wire.Tier {
	list := make([]wire.Tier, len(tiers))
	for i, t := range tiers {
		list[i] = wire.Tier{Priority: t.Priority, Members: t.Members, Healthy: t.Healthy, Percent: t.Percent, Panic: t.Panic, Held: t.Held}
	}
	return list
}

func wireZones(zones []balancer.ZoneLoad) []wire.Zone {
	var list []wire.Zone
	for _, z := range zones {
		list = append(list, wire.Zone{Zone: z.Zone, Priority: z.Priority, Percent: z.Percent, Local: z.Local})
	}
	return list
}
