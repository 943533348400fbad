package balancer

import (
	"math"
	"sync/atomic"
)

// pool is the members that one picker chooses among: those of a tier, or of a zone within a tier.
type pool struct {
	picker   picker
	ticket   *atomic.Uint64 // selections so far; outlives the view
	upTo     uint32         // it has the words from the pool before up to this one
	percent  float64        // of the group's picks
	priority uint8
	zone     string // of a pool that locality made
	zoned    bool
	panics   bool
	held     bool     // of members that are held: no listed one can be picked
	at       []uint32 // places of its members, while the view is being built
}

// poolKey is what makes a pool the same one in the next view.
type poolKey struct {
	priority uint8
	zone     string
	zoned    bool
}

// fill adds the pools of one tier to the view.
func (g *group) fill(v *view, t tier) {
	if t.load == 0 {
		return
	}
	eligible := make([]uint32, 0, t.members)
	for i := range v.members {
		m := &v.members[i]
		if m.priority == t.priority && m.held == t.held && (m.usable() || t.panics && m.usableInPanic()) {
			eligible = append(eligible, uint32(i))
		}
	}
	if len(eligible) == 0 {
		return
	}
	eligible = v.settings.Subset.choose(v.members, eligible)
	p := pool{priority: t.priority, panics: t.panics, held: t.held, percent: float64(t.load), at: eligible}
	if v.settings.Locality.Prefer && !t.panics {
		v.pools = append(v.pools, zonePools(v, p)...)
	} else {
		v.pools = append(v.pools, p)
	}
}

// zonePools splits a tier's pool by zone.
func zonePools(v *view, whole pool) []pool {
	var zones []zoneShare
	var pools []pool
	place := make(map[string]int)
	for _, at := range whole.at {
		m := &v.members[at]
		i, ok := place[m.attrs.zone]
		if !ok {
			i = len(zones)
			place[m.attrs.zone] = i
			zones = append(zones, zoneShare{zone: m.attrs.zone})
			pools = append(pools, pool{priority: whole.priority, held: whole.held, zone: m.attrs.zone, zoned: true})
		}
		zones[i].weight += float64(m.share())
		pools[i].at = append(pools[i].at, at)
	}
	prefer(zones, v.settings.Locality.Zone, v.settings.Locality.Bias)
	for i := range pools {
		pools[i].percent = whole.percent * zones[i].share
	}
	return pools
}

// accumulate keeps the pools that have a share and gives each its stretch of 32-bit words. Rounding,
// and the shares of tiers that turned out empty, go to the others in proportion.
func (v *view) accumulate() {
	sum, kept := 0.0, v.pools[:0]
	for _, p := range v.pools {
		if p.percent > 0 {
			sum += p.percent
			kept = append(kept, p)
		}
	}
	v.pools = kept
	upTo := 0.0
	for i := range v.pools {
		p := &v.pools[i]
		upTo += p.percent / sum
		p.percent *= 100 / sum
		p.upTo = uint32(min(upTo*(1<<32), math.MaxUint32))
		for _, at := range p.at {
			v.members[at].pool = uint16(min(i+1, math.MaxUint16))
		}
	}
	if len(v.pools) > 0 {
		v.pools[len(v.pools)-1].upTo = math.MaxUint32
	}
}

// equip gives each pool its picker and its ticket counter.
func (g *group) equip(v *view) {
	strategy := v.settings.Strategy.find()
	if strategy.followsLoad {
		for i := range v.members {
			v.members[i].backend.leaf = -1
		}
	}
	for i := range v.pools {
		p := &v.pools[i]
		p.picker = strategy.build(g, v, p)
		p.ticket = g.ticketOf(poolKey{p.priority, p.zone, p.zoned})
		p.at = nil
	}
}

// ticketOf returns the counter of a pool; the plain one is the group's own.
func (g *group) ticketOf(key poolKey) *atomic.Uint64 {
	if key == (poolKey{}) {
		return &g.ticket
	}
	if g.tickets == nil {
		g.tickets = make(map[poolKey]*atomic.Uint64)
	}
	if g.tickets[key] == nil {
		g.tickets[key] = new(atomic.Uint64)
	}
	return g.tickets[key]
}

// poolFor returns the pool whose stretch holds the word.
func (v *view) poolFor(word uint32) *pool {
	for i := range v.pools {
		if word <= v.pools[i].upTo {
			return &v.pools[i]
		}
	}
	return &v.pools[len(v.pools)-1]
}
