package balancer

import (
	"math/rand/v2"
	"slices"
)

// Pick narrows or directs one selection.
type Pick struct {
	Key     string   // for the hashing strategies; empty: none
	Exclude []string // addresses not wanted
}

// Selection is a chosen backend with the attributes it had in the view that it was chosen from.
type Selection struct {
	*Backend
	view   *view
	member *member
	pool   *pool
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

// Stale is true when the source of the group has not answered lately, or does not list the backend any
// more.
func (s Selection) Stale() bool { return s.view.stale || s.member.held }

// Held is true when the backend is not listed any more and no listed one could be picked.
func (s Selection) Held() bool { return s.member.held }

// Panic is true when verdicts were ignored because too few backends are healthy.
func (s Selection) Panic() bool { return s.pool.panics }

// Index returns the number of the view that the backend was chosen from.
func (s Selection) Index() uint64 { return s.view.index }

// Table describes the hash table that the backend was chosen from; false when the strategy has none.
func (s Selection) Table() (Table, bool) { return s.view.tableOf() }

// decision is what a selection comes from: with the same view and counters, it comes out the same.
type decision struct {
	view *view
	pool *pool
	word uint64 // what the picker picks by
}

// decide chooses the pool and the word. It is small so that it costs nothing where there is only one
// pool, as nearly always.
func (v *view) decide(key string) (d decision, err error) {
	if len(v.pools) == 0 {
		return decision{}, v.none()
	}
	d = decision{view: v, pool: &v.pools[0]}
	switch v.input {
	case byTicket:
		if len(v.pools) > 1 {
			d.pool = v.poolFor(rand.Uint32())
		}
		d.word = d.pool.ticket.Add(1) - 1
	case byRandom:
		d.word = rand.Uint64()
		if len(v.pools) > 1 {
			d.pool = v.poolFor(rand.Uint32())
		}
	case byKey:
		if d.word, err = v.hash(key); err == nil && len(v.pools) > 1 {
			d.pool = v.poolFor(uint32(mix(d.word))) // keys keep to their tier while loads stay
		}
	}
	return d, err
}

func (v *view) hash(key string) (uint64, error) {
	if key != "" {
		return v.pools[0].picker.(*hashed).hash(key), nil
	}
	if v.settings.Hash.RandomFallback {
		return rand.Uint64(), nil
	}
	return 0, ErrKeyRequired
}

func (d decision) selection(at uint32) Selection {
	m := &d.view.members[at]
	return Selection{Backend: m.backend, view: d.view, member: m, pool: d.pool}
}

// none says why no member can be chosen.
func (v *view) none() error {
	switch {
	case v.gone:
		return ErrUnknownService
	case len(v.members) == 0:
		return ErrNoBackends
	}
	return ErrNoHealthyBackend
}

func (g *group) selectWith(p Pick) (Selection, error) {
	d, err := g.view.Load().decide(p.Key)
	if err != nil {
		return Selection{}, err
	}
	at := d.pool.picker.pick(d.word)
	if len(p.Exclude) == 0 || !d.view.excluded(at, p.Exclude) {
		return d.selection(at), nil
	}
	return d.instead(p.Exclude)
}

// instead selects when the picker's choice is excluded.
func (d decision) instead(exclude []string) (Selection, error) {
	if at, ok := d.redraw(exclude); ok {
		return d.selection(at), nil
	}
	best := d.best(exclude, 1)
	if len(best) == 0 {
		best = d.reserve(exclude, 1)
	}
	if len(best) == 0 {
		return Selection{}, d.view.none()
	}
	return best[0], nil
}

// selectMany returns up to n different members: first the one that the strategy picks, then the rest
// from best to worst.
func (g *group) selectMany(p Pick, n int) ([]Selection, error) {
	d, err := g.view.Load().decide(p.Key)
	if err != nil {
		return nil, err
	}
	at := d.pool.picker.pick(d.word)
	first := d.selection(at)
	if len(p.Exclude) > 0 && d.view.excluded(at, p.Exclude) {
		if first, err = d.instead(p.Exclude); err != nil {
			return nil, err
		}
	}
	more := d.best
	if first.pool == reservePool {
		more = d.reserve
	}
	chosen := []Selection{first}
	if n > 1 {
		chosen = append(chosen, more(append(slices.Clone(p.Exclude), first.address), n-1)...)
	}
	return chosen, nil
}

func (v *view) excluded(at uint32, exclude []string) bool {
	return slices.Contains(exclude, v.members[at].backend.address)
}

// redraw looks for a member that is not excluded by independent draws. Going on to the next in turn
// instead would hand the share of the excluded to its neighbours.
func (d decision) redraw(exclude []string) (at uint32, ok bool) {
	draw := d.pool.picker.pick
	if d.view.input != byRandom {
		drawer, ok := d.pool.picker.(drawer)
		if !ok {
			return 0, false
		}
		draw = drawer.draw
	}
	for range 16 {
		if at = draw(rand.Uint64()); !d.view.excluded(at, exclude) {
			return at, true
		}
	}
	return 0, false
}

// best returns up to n members that are not excluded, best first: those of the chosen pool by the
// strategy's own order, then those of the other pools, the most wanted tier first.
func (d decision) best(exclude []string, n int) []Selection {
	chosen := d.bestOf(d.pool, exclude, n)
	for i := range d.view.pools {
		if p := &d.view.pools[i]; p != d.pool && len(chosen) < n {
			chosen = append(chosen, d.bestOf(p, exclude, n-len(chosen))...)
		}
	}
	return chosen
}

func (d decision) bestOf(p *pool, exclude []string, n int) []Selection {
	var places []uint32
	if h, ok := p.picker.(*hashed); ok {
		places = h.walk(d.word, n, func(at uint32) bool { return d.view.excluded(at, exclude) })
	} else {
		places = d.view.rank(p, exclude, n)
	}
	of := decision{view: d.view, pool: p, word: d.word}
	selections := make([]Selection, len(places))
	for i, at := range places {
		selections[i] = of.selection(at)
	}
	return selections
}
