package balancer

import (
	"cmp"
	"hash/fnv"
	"slices"
)

// choose keeps the Size members that suit this agent best: those with the highest hash of seed and
// address (rendezvous hashing), so that when one member comes or goes at most one of the subset
// changes, and different agents' subsets cover the group evenly. It works in place.
func (s Subset) choose(members []member, eligible []uint32) []uint32 {
	if s.Size == 0 || len(eligible) <= s.Size {
		return eligible
	}
	type scored struct {
		at    uint32
		score uint64
	}
	all := make([]scored, len(eligible))
	for i, at := range eligible {
		h := fnv.New64a()
		_, _ = h.Write([]byte(s.Seed))
		_, _ = h.Write([]byte{0})
		_, _ = h.Write([]byte(members[at].backend.address))
		all[i] = scored{at, mix(h.Sum64())}
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(members[a.at].backend.address, members[b.at].backend.address))
	})
	eligible = eligible[:0]
	for _, kept := range all[:s.Size] {
		eligible = append(eligible, kept.at)
	}
	slices.Sort(eligible)
	return eligible
}

// mix spreads the bits of a word over all of it: the finalizer of splitmix64 (Steele, Lea and Flood,
// 2014), which is a bijection.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
