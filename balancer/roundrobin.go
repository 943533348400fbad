package balancer

import (
	"math"
	"math/rand/v2"
)

// The longest cycle that is written out, so that its memory is in proportion to the group: up to
// cyclePerMember turns for each member, in small groups smallCycle; and the most steps that writing it
// out may take.
const (
	maxCycle       = 65_536
	smallCycle     = 4096
	cyclePerMember = 64
	maxCycleSteps  = 1 << 22
)

// newRoundRobin builds the picker of round_robin. Every cycle gives each member exactly its weight,
// spread as evenly as its kind allows:
//
//   - equal weights: plain rotation in the order of the list;
//   - different weights: the sequence of nginx's smooth weighted round robin, written out;
//   - a cycle that is too long for that: a stride through the weights (see stride).
func newRoundRobin(members []member, eligible []uint32) picker {
	weights, total := reducedWeights(members, eligible)
	if total == uint64(len(eligible)) {
		if len(eligible) == len(members) {
			return everyone(len(members))
		}
		return rotation(eligible)
	}
	if total <= min(maxCycle, max(smallCycle, cyclePerMember*uint64(len(eligible)))) {
		if cycle := smoothCycle(weights, int(total)); cycle != nil {
			return &writtenCycle{members: eligible, cycle: cycle}
		}
	}
	return newStride(eligible, weights, total)
}

// reducedWeights returns the weights divided by their greatest common divisor, and their sum.
func reducedWeights(members []member, eligible []uint32) (weights []uint32, total uint64) {
	weights = make([]uint32, len(eligible))
	divisor := uint32(0)
	for i, at := range eligible {
		weights[i] = members[at].share()
		divisor = gcd(divisor, weights[i])
	}
	for i := range weights {
		weights[i] /= divisor
		total += uint64(weights[i])
	}
	return weights, total
}

func gcd(a, b uint32) uint32 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// randomRank is the score of all kinds of round robin: the smallest of such numbers is a draw by
// weight, and the n smallest are n draws without replacement (Efraimidis and Spirakis, 2006).
type randomRank struct{}

func (randomRank) score(m *member) float64 { return rand.ExpFloat64() / float64(m.share()) }

// everyone rotates through members of equal weight that are all eligible.
type everyone uint64

func (n everyone) pick(ticket uint64) uint32 { return uint32(ticket % uint64(n)) }
func (n everyone) draw(random uint64) uint32 { return uint32(random % uint64(n)) }
func (everyone) score(m *member) float64     { return randomRank{}.score(m) }

// rotation rotates through some members, of equal weight.
type rotation []uint32

func (r rotation) pick(ticket uint64) uint32 { return r[ticket%uint64(len(r))] }
func (r rotation) draw(random uint64) uint32 { return r.pick(random) }
func (rotation) score(m *member) float64     { return randomRank{}.score(m) }

// writtenCycle is a whole cycle of different weights, written out.
type writtenCycle struct {
	randomRank
	members []uint32
	cycle   []uint16 // indexes of members
}

func (c *writtenCycle) pick(ticket uint64) uint32 {
	return c.members[c.cycle[ticket%uint64(len(c.cycle))]]
}

func (c *writtenCycle) draw(random uint64) uint32 { return c.pick(random) }

// smoothCycle writes out one cycle of nginx's smooth weighted round robin
// (ngx_http_upstream_round_robin.c): at each step every current weight grows by its weight, the
// largest is picked, the first among equals, and shrinks by the sum of all. Before step t the current
// weight of a member that was picked k times is t × weight − k × sum, so members of equal weight take
// turns in their order, and only the next in turn of each distinct weight has to be compared. It
// returns nil when even that would take more than maxCycleSteps.
func smoothCycle(weights []uint32, total int) []uint16 {
	classes := classesOf(weights)
	if len(classes)*total > maxCycleSteps {
		return nil
	}
	cycle := make([]uint16, total)
	for t := range cycle {
		best, bestCurrent, bestAt := (*weightClass)(nil), int64(math.MinInt64), uint16(0)
		for i := range classes {
			c := &classes[i]
			current := int64(t+1)*c.weight - c.rounds*int64(total)
			at := c.members[c.next]
			if current > bestCurrent || current == bestCurrent && at < bestAt {
				best, bestCurrent, bestAt = c, current, at
			}
		}
		cycle[t] = bestAt
		best.advance()
	}
	return cycle
}

// weightClass is the members that share a weight.
type weightClass struct {
	weight  int64
	members []uint16
	next    int   // whose turn it is
	rounds  int64 // how often it was picked already
}

func (c *weightClass) advance() {
	if c.next++; c.next == len(c.members) {
		c.next = 0
		c.rounds++
	}
}

func classesOf(weights []uint32) []weightClass {
	var classes []weightClass
	place := make(map[uint32]int)
	for i, w := range weights {
		at, ok := place[w]
		if !ok {
			at = len(classes)
			place[w] = at
			classes = append(classes, weightClass{weight: int64(w)})
		}
		classes[at].members = append(classes[at].members, uint16(i))
	}
	return classes
}
