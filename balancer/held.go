package balancer

import (
	"math/rand/v2"
	"slices"
)

// Members that are held form tiers of their own behind all others: they have a share only where no listed
// member has one, be it by its verdicts, in failover or in a panic. Among themselves they are chosen from
// as if they were the group, by the same strategy, priorities, subset and zones, but never in a panic: one
// that fails is not there.

// ReasonHeld is the reason of a Candidate that is held, as far as the balancer knows it.
const ReasonHeld = "withdrawn by its source, held"

// fallBack adds the tiers of held members to a view, and their pools where there are no others.
func (g *group) fallBack(v *view) {
	held := tiersOf(v.members, true)
	if len(v.pools) == 0 {
		spread(held, 0)
		for _, t := range held {
			g.fill(v, t)
		}
	}
	v.tiers = append(v.tiers, held...)
}

// reservePool is what reserve says that its members are of.
var reservePool = &pool{held: true}

// reserve returns up to n members that are damped or held and not excluded, for a pick that excludes all
// members with a share: the damped before the held, of those the ones of the best priority first, and
// drawn by weight among them.
func (d decision) reserve(exclude []string, n int) []Selection {
	var best []ranked
	for i := range d.view.members {
		m := &d.view.members[i]
		if (m.held || m.out) && m.pool == 0 && m.fit() && !slices.Contains(exclude, m.backend.address) {
			r := ranked{at: uint32(i), score: float64(m.priority), tie: drawByWeight(m)}
			if m.held {
				r.score += 256 // priorities end below it
			}
			best = insertRanked(best, r, n)
		}
	}
	selections := make([]Selection, len(best))
	for i, r := range best {
		selections[i] = decision{view: d.view, pool: reservePool}.selection(r.at)
	}
	return selections
}

// drawByWeight is the score of randomRank as a whole number.
func drawByWeight(m *member) uint64 {
	return uint64(rand.ExpFloat64() / float64(m.share()) * (1 << 40))
}
