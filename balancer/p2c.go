package balancer

// pair draws two distinct members by weight from one random word, and keeps the less loaded one:
// the power of two choices (Mitzenmacher, 2001). The second draw is repeated until it differs; weights
// so uneven that it hardly ever does fall back to a neighbour in the table, which keeps it distinct.
type pair struct{ table aliasTable }

func (p pair) draw(random uint64) (first, second uint32) {
	first = p.table.draw(random)
	if len(p.table) == 1 {
		return first, first
	}
	for range 4 {
		random = mix(random + 0x9e3779b97f4a7c15)
		if second = p.table.draw(random); second != first {
			return first, second
		}
	}
	slot := random % uint64(len(p.table))
	if second = p.table[slot].own; second == first {
		second = p.table[(slot+1)%uint64(len(p.table))].own
	}
	return first, second
}

// p2c compares active connections relative to weight. Ties go to the first draw, so that idle backends
// are used by weight.
type p2c struct {
	pair
	members []member
}

func newP2C(members []member, eligible []uint32) picker {
	return &p2c{pair{newAliasTable(members, eligible)}, members}
}

func (p *p2c) pick(random uint64) uint32 {
	first, second := p.draw(random)
	a, b := &p.members[first], &p.members[second]
	// active / share, compared without dividing
	if uint64(b.backend.active.Load())*uint64(a.share()) < uint64(a.backend.active.Load())*uint64(b.share()) {
		return second
	}
	return first
}

func (p *p2c) score(m *member) float64 {
	return float64(m.backend.active.Load()) / float64(m.share())
}
