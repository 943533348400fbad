package balancer

import (
	"math/rand/v2"
	"slices"
)

type ranked struct {
	at    uint32
	score float64
	tie   uint64
}

func (a ranked) before(b ranked) bool {
	return a.score < b.score || a.score == b.score && a.tie < b.tie
}

// rank returns the n best members of a pool that are not excluded, best first, ties in random order.
// It looks at all members once and keeps the best n in order, so that its cost is close to linear in
// the group for the few that are ever asked for.
func (v *view) rank(p *pool, exclude []string, n int) []uint32 {
	best := make([]ranked, 0, min(n, len(v.members)))
	for i := range v.members {
		m := &v.members[i]
		if m.pool == 0 || &v.pools[m.pool-1] != p || slices.Contains(exclude, m.backend.address) {
			continue
		}
		best = insertRanked(best, ranked{at: uint32(i), score: p.picker.score(m), tie: rand.Uint64()}, n)
	}
	places := make([]uint32, len(best))
	for i, r := range best {
		places[i] = r.at
	}
	return places
}

// insertRanked puts r in its place among the n best so far.
func insertRanked(best []ranked, r ranked, n int) []ranked {
	if len(best) == n && !r.before(best[n-1]) {
		return best
	}
	if len(best) < n {
		best = append(best, r)
	}
	j := len(best) - 1
	for ; j > 0 && r.before(best[j-1]); j-- {
		best[j] = best[j-1]
	}
	best[j] = r
	return best
}
