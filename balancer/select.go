package balancer

import (
	"math/rand/v2"
	"slices"
)

// Pick narrows or directs one selection.
type Pick struct {
	Exclude []string // addresses not wanted
}

// Selection is a chosen backend with the attributes it had in the view that it was chosen from.
type Selection struct {
	*Backend
	view   *view
	member *member
}

// ID returns the source's name for the instance.
func (s Selection) ID() string { return s.member.id }

// Weight returns the weight, 0 to MaxWeight.
func (s Selection) Weight() int { return int(s.member.weight) }

// Zone returns the zone; empty when the source does not say.
func (s Selection) Zone() string { return s.member.attrs.zone }

// Tags returns the tags, which must not be written to.
func (s Selection) Tags() []string { return s.member.attrs.tags }

// Meta returns the metadata, which must not be written to.
func (s Selection) Meta() map[string]string { return s.member.attrs.meta }

// Stale is true when the source of the group has not answered lately.
func (s Selection) Stale() bool { return s.view.stale }

// Index returns the number of the view that the backend was chosen from.
func (s Selection) Index() uint64 { return s.view.index }

func (v *view) selection(at uint32) Selection {
	m := &v.members[at]
	return Selection{Backend: m.backend, view: v, member: m}
}

// none says why no member can be chosen.
func (v *view) none() error {
	if len(v.members) == 0 {
		return ErrNoBackends
	}
	return ErrNoHealthyBackend
}

func (g *group) selectWith(p Pick) (Selection, error) {
	v := g.view.Load()
	if v.picker == nil {
		return Selection{}, v.none()
	}
	at := v.picker.pick(g.ticket.Add(1) - 1)
	if len(p.Exclude) == 0 || !v.excluded(at, p.Exclude) {
		return v.selection(at), nil
	}
	if at, ok := v.redraw(p.Exclude); ok {
		return v.selection(at), nil
	}
	ranked := v.rank(p.Exclude, 1)
	if len(ranked) == 0 {
		return Selection{}, v.none()
	}
	return v.selection(ranked[0].at), nil
}

// selectMany returns up to n different members: first the one that the strategy picks, then the rest
// from best to worst.
func (g *group) selectMany(p Pick, n int) ([]Selection, error) {
	first, err := g.selectWith(p)
	if err != nil {
		return nil, err
	}
	chosen := []Selection{first}
	if n > 1 {
		others := append(slices.Clone(p.Exclude), first.address)
		for _, r := range first.view.rank(others, n-1) {
			chosen = append(chosen, first.view.selection(r.at))
		}
	}
	return chosen, nil
}

func (v *view) excluded(at uint32, exclude []string) bool {
	return slices.Contains(exclude, v.members[at].backend.address)
}

// redraw looks for a member that is not excluded by independent draws. Going on to the next in turn
// instead would hand the share of the excluded to its neighbours.
func (v *view) redraw(exclude []string) (at uint32, ok bool) {
	d, ok := v.picker.(drawer)
	if !ok {
		return 0, false
	}
	for range 16 {
		if at = d.draw(rand.Uint64()); !v.excluded(at, exclude) {
			return at, true
		}
	}
	return 0, false
}

type ranked struct {
	at    uint32
	score float64
	tie   uint64
}

func (a ranked) before(b ranked) bool {
	return a.score < b.score || a.score == b.score && a.tie < b.tie
}

// rank returns the n best eligible members that are not excluded, best first, ties in random order.
// It looks at all members once and keeps the best n in order, so that its cost is close to linear in
// the group for the few that are ever asked for.
func (v *view) rank(exclude []string, n int) []ranked {
	best := make([]ranked, 0, min(n, len(v.members)))
	for i := range v.members {
		m := &v.members[i]
		if !m.eligible() || slices.Contains(exclude, m.backend.address) {
			continue
		}
		r := ranked{at: uint32(i), score: v.picker.score(m), tie: rand.Uint64()}
		if len(best) == n && !r.before(best[n-1]) {
			continue
		}
		if len(best) < n {
			best = append(best, r)
		}
		j := len(best) - 1
		for ; j > 0 && r.before(best[j-1]); j-- {
			best[j] = best[j-1]
		}
		best[j] = r
	}
	return best
}
