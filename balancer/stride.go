package balancer

import (
	"math"
	"math/bits"
)

// stride is round robin for cycles that are too long to write out. The weights lie end to end on a
// line of length total, and a pick is the member under a point that moves on by a fixed step each
// time. The step has no common divisor with total, so a cycle of total picks meets every point once
// and each member exactly as often as its weight; it is close to total divided by the golden ratio,
// for which any run of picks is spread nearly as evenly as can be (the three-distance theorem).
//
// Schedulers of this name in gRPC skip members by weight and may need max/mean tries for a pick;
// here a pick is a multiplication, a division and a look into a guide table.
type stride struct {
	randomRank
	members []uint32
	ends    []uint64 // ends[i]: where the stretch of members[i] ends
	guide   []uint32 // guide[j]: the member at the beginning of the j-th of len(guide) equal parts
	step    uint64
	total   uint64
}

func newStride(members, weights []uint32, total uint64) *stride {
	s := &stride{
		members: members,
		ends:    make([]uint64, len(weights)),
		guide:   make([]uint32, len(weights)+1),
		step:    coprimeStep(total),
		total:   total,
	}
	end := uint64(0)
	for i, w := range weights {
		end += uint64(w)
		s.ends[i] = end
	}
	at := uint32(0)
	for j := range s.guide {
		begin := mulDiv(uint64(j), total, uint64(len(s.guide)))
		for s.ends[at] <= begin {
			at++
		}
		s.guide[j] = at
	}
	return s
}

func (s *stride) pick(ticket uint64) uint32 {
	hi, lo := bits.Mul64(ticket%s.total, s.step)
	return s.under(bits.Rem64(hi, lo, s.total))
}

func (s *stride) draw(random uint64) uint32 { return s.under(random % s.total) }

// under returns the member whose stretch holds the point: the guide leads to a member at or before
// it, and on average less than one further step is needed; where weights are so uneven that it could
// be many, halving bounds them.
func (s *stride) under(point uint64) uint32 {
	part := mulDiv(point, uint64(len(s.guide)), s.total)
	low := s.guide[part]
	high := uint32(len(s.ends) - 1)
	if int(part)+1 < len(s.guide) {
		high = s.guide[part+1]
	}
	for low < high {
		if middle := (low + high) / 2; s.ends[middle] <= point {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return s.members[low]
}

// mulDiv returns a × b / c; the result must fit.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	quotient, _ := bits.Div64(hi, lo, c)
	return quotient
}

// coprimeStep returns the number next to total/φ that has no common divisor with total.
func coprimeStep(total uint64) uint64 {
	step := max(1, uint64(float64(total)/math.Phi))
	for gcd64(step, total) != 1 {
		step++
	}
	return step
}

func gcd64(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
