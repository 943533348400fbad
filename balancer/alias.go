package balancer

import "math/bits"

// aliasTable draws by weight in constant time: Walker's method in Vose's form (1991). Every slot holds a
// member, another one, and how much of the slot is the first one's. The arithmetic is in integers, so
// that shares are exact to 2^-32 and the same on every machine.
type aliasTable []aliasSlot

type aliasSlot struct {
	own, other uint32 // places of members
	keep       uint32 // own is drawn below it, other from it on
}

func newAliasTable(members []member, eligible []uint32) aliasTable {
	n, total := uint64(len(eligible)), uint64(0)
	for _, at := range eligible {
		total += uint64(members[at].share())
	}
	table := make(aliasTable, n)
	left := make([]uint64, n) // of each member's weight × n, where a slot holds total
	var small, large []int
	for i, at := range eligible {
		table[i] = aliasSlot{own: at, other: at}
		left[i] = uint64(members[at].share()) * n
		if left[i] < total {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		table[s].keep = fraction(left[s], total)
		table[s].other = eligible[l]
		left[l] -= total - left[s]
		if left[l] < total {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	return table
}

// fraction is part of whole in units of 2^-32; part is smaller.
func fraction(part, whole uint64) uint32 {
	quotient, _ := bits.Div64(part>>32, part<<32, whole)
	return uint32(quotient)
}

// draw maps 64 random bits to the place of a member. The slot comes from the high half of a product,
// what is left of it decides within the slot.
func (t aliasTable) draw(random uint64) uint32 {
	slot, rest := bits.Mul64(random, uint64(len(t)))
	s := &t[slot]
	if uint32(rest>>32) < s.keep {
		return s.own
	}
	return s.other
}
