package hashing

import (
	"fmt"
	"math"
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// Sizes of rings, in points; the defaults and the limit are Envoy's.
const (
	DefaultMinRing = 1024
	DefaultMaxRing = MaxRing
	MaxRing        = 8 << 20
)

// Ring is the table of ring_hash as Envoy builds it (ring_hash_lb.cc): a host has the points
// xxHash64(ADDRESS_0), xxHash64(ADDRESS_1) and so on, so many that points follow weights and the
// ring has about the smallest size asked for or, where the lightest host needs that to have a whole
// point, more, up to the largest. A lookup that meets a host that is not eligible goes on to the next
// point.
//
// Two differences from Envoy: hosts are in order of their addresses, where Envoy takes the order of its
// configuration, which decides who gets what is left when the points do not come out even; and hosts
// that the largest size leaves without a point are chosen, by highest random weight, when no other is
// eligible. gRPC's ring_hash (gRFC A42) builds the same ring, in order of addresses too, but no larger
// than 4,096 points unless the client raises its cap.
//
// A lookup among eligible hosts costs the same whatever the size; where few are eligible, it grows by
// one step for each point that is passed over.
type Ring struct{ continuum[uint64] }

// NewRing returns a ring of at least minSize and at most maxSize points, between 1 and MaxRing.
func NewRing(hosts []Host, minSize, maxSize int) (*Ring, error) {
	if minSize < 1 || minSize > MaxRing {
		return nil, fmt.Errorf("make ring: minimum size %d is not between 1 and %d", minSize, MaxRing)
	}
	if maxSize < minSize || maxSize > MaxRing {
		return nil, fmt.Errorf("make ring: maximum size %d is not between the minimum, %d, and %d", maxSize, minSize, MaxRing)
	}
	members := sorted(hosts)
	counts := ringCounts(normalized(members), minSize, maxSize)
	return &Ring{newContinuum("ring", members, counts, ringHashes(members, counts))}, nil
}

// ringCounts returns how many points each member has. It is Envoy's loop over running sums, with the
// rounding of each step in its place.
func ringCounts(shares []float64, minSize, maxSize int) []uint32 {
	least := 1.0
	for _, share := range shares {
		least = min(least, share)
	}
	scale := min(math.Ceil(least*float64(minSize))/least, float64(maxSize))
	counts := make([]uint32, len(shares))
	current, target := 0.0, 0.0
	for i, share := range shares {
		target += float64(scale * share) // the conversion forbids to fuse the two
		for ; current < target; current++ {
			counts[i]++
		}
	}
	return counts
}

// ringHashes returns the points of the first member, then those of the second, and so on.
func ringHashes(members []member, counts []uint32) []uint64 {
	total := 0
	for _, n := range counts {
		total += int(n)
	}
	hashes := make([]uint64, 0, total)
	var text []byte
	for i := range members {
		text = append(append(text[:0], members[i].address...), '_')
		stem := len(text)
		for n := range counts[i] {
			text = strconv.AppendUint(text[:stem], uint64(n), 10)
			hashes = append(hashes, xxhash.Sum64(text))
		}
	}
	return hashes
}

// Hash returns the xxHash64 of the key with seed 0.
func (r *Ring) Hash(key string) uint64 { return hashKey(key) }

// Lookup returns the host of the first point at or after the hash whose host is eligible.
func (r *Ring) Lookup(hash uint64, eligible Set) (host uint32, ok bool) {
	return r.lookup(hash, eligible)
}
