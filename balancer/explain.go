package balancer

import (
	"fmt"
	"slices"
)

// Explanation shows one selection: who was a candidate, who was not and why, and what decided.
type Explanation struct {
	Service  string
	Strategy Strategy
	Index    uint64 // of the view that was chosen from
	Regime   Regime
	Stale    bool
	Tiers    []TierLoad
	Zones    []ZoneLoad // where locality is preferred
	Backends []Candidate
	Why      string // one sentence about the winner, or about why there is none
}

// Regime is what a group is up to.
type Regime string

// The regimes, from all is well to nothing is.
const (
	Normal    Regime = "normal"
	SpillOver Regime = "spill-over" // some picks leave the own zone or the first tier
	Failover  Regime = "failover"   // all picks leave the first tier
	Panic     Regime = "panic"      // verdicts are ignored, but for drains
	Withdrawn Regime = "withdrawn"  // no listed backend can be picked: those that are held are
	Down      Regime = "down"       // nothing can be picked
)

// TierLoad is how much of the picks goes to the backends of one priority.
type TierLoad struct {
	Priority, Members, Healthy int
	Percent                    float64
	Panic                      bool
	Held                       bool // of backends that are not listed any more
}

// ZoneLoad is how much of the picks goes to one zone of one tier.
type ZoneLoad struct {
	Zone     string
	Priority int
	Percent  float64
	Local    bool
}

// Candidate is one backend of an Explanation.
type Candidate struct {
	BackendSnapshot
	Eligible bool
	Reason   string   // why it was not eligible or not wanted; empty otherwise
	Drawn    bool     // one of those that were compared
	Score    *float64 // where the strategy compares one; the smallest is best
	Chosen   bool
}

// Explain selects as SelectWith does and shows that very selection. It looks at the whole group.
func (lb *LoadBalancer) Explain(service string, p Pick) (Selection, Explanation, error) {
	g := lb.groups.get(service)
	if g == nil {
		return Selection{}, Explanation{}, ErrUnknownService
	}
	v := g.view.Load()
	e := v.describe(service)
	d, err := v.decide(p.Key)
	if err != nil {
		e.Why = err.Error()
		e.Backends = v.candidates(d, p.Exclude)
		return Selection{}, e, err
	}
	e.Backends = v.candidates(d, p.Exclude) // the loads, before they change
	at := d.pool.picker.pick(d.word)
	chosen, replaced := d.selection(at), false
	if v.excluded(at, p.Exclude) {
		if chosen, err = d.instead(p.Exclude); err != nil {
			e.Why = "every eligible backend is excluded by the request"
			return Selection{}, e, err
		}
		replaced = true
	}
	e.settle(d, at, chosen, replaced)
	return chosen, e, nil
}

// settle marks the winner and says why it is.
func (e *Explanation) settle(d decision, at uint32, chosen Selection, replaced bool) {
	why := "drawn by weight"
	drawn := []uint32{at}
	if x, ok := d.pool.picker.(explainer); ok {
		why, drawn = x.explain(d.word, at)
	}
	for _, i := range drawn {
		e.Backends[i].Drawn = true
	}
	for i := range e.Backends {
		e.Backends[i].Chosen = e.Backends[i].Address == chosen.address
	}
	if replaced {
		why = fmt.Sprintf("%s would have been %s, and is excluded by the request; this is the next choice", e.Backends[at].Address, why)
	}
	e.Why = chosen.address + ": " + why
}

// explainer is a picker that can say more about a pick than that it was drawn by weight.
type explainer interface {
	// explain says why the word led to that place, and which places were compared.
	explain(word uint64, at uint32) (why string, drawn []uint32)
}

func (n everyone) explain(ticket uint64, at uint32) (string, []uint32) {
	return fmt.Sprintf("its turn, %d of %d", ticket%uint64(n)+1, uint64(n)), []uint32{at}
}

func (r rotation) explain(ticket uint64, at uint32) (string, []uint32) {
	return everyone(len(r)).explain(ticket, at)
}

func (c *writtenCycle) explain(ticket uint64, at uint32) (string, []uint32) {
	return everyone(len(c.cycle)).explain(ticket, at)
}

func (s *stride) explain(ticket uint64, at uint32) (string, []uint32) {
	return everyone(s.total).explain(ticket, at)
}

func (t *loadTree) explain(_ uint64, at uint32) (string, []uint32) {
	return fmt.Sprintf("least loaded, one of %d that tie, in rotation", t.nodes[1].count.Load()), []uint32{at}
}

func (p *p2c) explain(random uint64, _ uint32) (string, []uint32) {
	first, second := p.draw(random)
	return "the less loaded of two drawn by weight", []uint32{first, second}
}

func (p *peakEWMA) explain(random uint64, _ uint32) (string, []uint32) {
	first, second := p.draw(random)
	return "the smaller latency × (active + 1) of two drawn by weight", []uint32{first, second}
}

func (h *hashed) explain(hash uint64, at uint32) (string, []uint32) {
	return fmt.Sprintf("the key hashes to %016x, and it is the first eligible there", hash), []uint32{at}
}

// describe tells what the view is like, whatever is asked of it.
func (v *view) describe(service string) Explanation {
	return Explanation{
		Service:  service,
		Strategy: v.settings.Strategy,
		Index:    v.index,
		Stale:    v.stale,
		Regime:   v.regime(),
		Tiers:    v.tierLoads(),
		Zones:    v.zoneLoads(),
	}
}

func (v *view) tierLoads() []TierLoad {
	loads := make([]TierLoad, len(v.tiers))
	for i, t := range v.tiers {
		loads[i] = TierLoad{Priority: int(t.priority), Members: t.members, Healthy: t.healthy, Panic: t.panics, Held: t.held}
		for _, p := range v.pools {
			if p.priority == t.priority && p.held == t.held {
				loads[i].Percent += p.percent
			}
		}
	}
	return loads
}

func (v *view) zoneLoads() []ZoneLoad {
	var loads []ZoneLoad
	for _, p := range v.pools {
		if p.zoned {
			local := p.zone == v.settings.Locality.Zone
			loads = append(loads, ZoneLoad{Zone: p.zone, Priority: int(p.priority), Percent: p.percent, Local: local})
		}
	}
	return loads
}

// regime names what the pools amount to.
func (v *view) regime() Regime {
	if len(v.pools) == 0 {
		return Down
	}
	panics := func(p pool) bool { return p.panics }
	away := func(p pool) bool {
		return p.priority != v.tiers[0].priority || p.zoned && p.zone != v.settings.Locality.Zone
	}
	switch {
	case v.pools[0].held:
		return Withdrawn
	case slices.ContainsFunc(v.pools, panics):
		return Panic
	case v.pools[0].priority != v.tiers[0].priority:
		return Failover
	case slices.ContainsFunc(v.pools, away):
		return SpillOver
	}
	return Normal
}
