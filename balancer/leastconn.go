package balancer

import (
	"math"
	"sync/atomic"
)

// loadTree is the picker of least_connections: a tournament over the eligible members, each with its
// load, (active + 1) / weight. Every node knows the smallest load below it and how many leaves have
// it, so that a pick walks down once to the ticket-th of the least loaded, a change walks up once,
// and neither looks at the others. The comparison is exact: a load is one correctly rounded
// division, so loads that are equal as fractions are equal as numbers, and for fewer than a million
// connections different ones differ.
//
// Changes hold the group's lock. Picks do not: each field is read atomically, and a pick that a
// change overtakes finds a member that was least loaded a moment ago.
type loadTree struct {
	members []uint32 // member of each leaf
	shares  []uint32 // of each leaf
	nodes   []loadNode
	size    int // number of leaves, a power of two; leaf i is nodes[size+i], the root nodes[1]
}

type loadNode struct {
	least atomic.Uint64 // bits of the smallest load; loads are positive, so bits compare as they do
	count atomic.Uint32 // leaves that have it
}

var infinite = math.Float64bits(math.Inf(1))

// newLoadTree builds the tree and tells the backends their leaves; the group's lock must be held, and
// the backends that are in no tree know it already.
func newLoadTree(members []member, eligible []uint32) picker {
	size := 1
	for size < len(eligible) {
		size *= 2
	}
	t := &loadTree{
		members: eligible,
		shares:  make([]uint32, len(eligible)),
		nodes:   make([]loadNode, 2*size),
		size:    size,
	}
	for i, at := range eligible {
		m := &members[at]
		m.backend.leaf, m.backend.pool = int32(i), m.pool-1
		t.shares[i] = m.share()
		t.nodes[size+i].least.Store(load(m.backend, m.share()))
		t.nodes[size+i].count.Store(1)
	}
	for i := size + len(eligible); i < 2*size; i++ {
		t.nodes[i].least.Store(infinite)
	}
	for i := size - 1; i > 0; i-- {
		t.join(i)
	}
	return t
}

// load returns the bits of (active + 1) / weight, the share being a hundred times the weight.
func load(b *Backend, share uint32) uint64 {
	return math.Float64bits(float64(int64(b.active.Load()+1)*fullRamp) / float64(share))
}

// join recomputes a node from the two below it and tells whether it changed.
func (t *loadTree) join(i int) (changed bool) {
	left, right := &t.nodes[2*i], &t.nodes[2*i+1]
	least, count := left.least.Load(), left.count.Load()
	switch other := right.least.Load(); {
	case other < least:
		least, count = other, right.count.Load()
	case other == least:
		count += right.count.Load()
	}
	n := &t.nodes[i]
	if n.least.Load() == least && n.count.Load() == count {
		return false
	}
	n.least.Store(least)
	n.count.Store(count)
	return true
}

// update takes over the load of a backend; the group's lock must be held.
func (t *loadTree) update(b *Backend) {
	i := t.size + int(b.leaf)
	t.nodes[i].least.Store(load(b, t.shares[b.leaf]))
	for i /= 2; i > 0 && t.join(i); i /= 2 {
	}
}

func (t *loadTree) pick(ticket uint64) uint32 {
	turn := uint32(0)
	if n := t.nodes[1].count.Load(); n > 1 {
		turn = uint32(ticket % uint64(n))
	}
	i := 1
	for i < t.size {
		least := t.nodes[i].least.Load()
		i *= 2
		if left := &t.nodes[i]; left.least.Load() == least {
			if n := left.count.Load(); turn >= n {
				turn -= n
				i++
			}
		} else {
			i++
		}
	}
	// Only a change in mid-walk can lead to a leaf that is none.
	return t.members[min(i-t.size, len(t.members)-1)]
}

func (*loadTree) score(m *member) float64 {
	return math.Float64frombits(load(m.backend, m.share()))
}
