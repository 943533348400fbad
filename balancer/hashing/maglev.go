package hashing

import (
	"fmt"
	"math"
	"slices"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// Sizes of Maglev tables, in slots; the default and the limit are Envoy's.
const (
	DefaultMaglevSize = 65_537
	MaxMaglevSize     = 5_000_011
)

// maglevAttempts is how often a lookup tries Envoy's next slot before it turns to the exact way.
const maglevAttempts = 64

// Maglev is Envoy's table (maglev_lb.cc) after "Maglev: A Fast and Reliable Software Network Load
// Balancer" (Eisenbud et al., NSDI 2016, section 3.4): the hosts, in order of their addresses, take turns
// at claiming slots, each in an order of its own, the lighter ones not at every turn. A hash belongs to
// the slot that is its remainder.
//
// A lookup that meets a host that is not eligible tries other slots as Envoy's retries do. After 64 of
// them, which is likely only where fewer than one host in twenty is eligible, the highest random weight
// among the eligible hosts decides, which is exact and takes time in proportion to the hosts.
//
// Making a table takes time in proportion to the slots times the largest weight over the mean.
type Maglev struct {
	slots       indexes
	size        uint64
	rest        *Rendezvous
	fingerprint uint64
}

// NewMaglev returns a table with so many slots, a prime number up to MaxMaglevSize. Hosts beyond that
// number get no slot.
func NewMaglev(hosts []Host, size int) (*Maglev, error) {
	if size > MaxMaglevSize || !prime(size) {
		return nil, fmt.Errorf("make maglev table: size %d is not a prime up to %d", size, MaxMaglevSize)
	}
	members := sorted(hosts)
	m := &Maglev{size: uint64(size), rest: newRendezvous(members)}
	if len(members) > 0 {
		m.slots = pack(members, fillSlots(members, uint64(size)))
	}
	f := newFingerprint("maglev")
	f.number(uint64(size))
	f.number(m.rest.fingerprint) // of addresses and proportions of weights, which determine the slots
	m.fingerprint = f.sum()
	return m, nil
}

func prime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return n > 1
}

// claimant is a member in the making of a table.
type claimant struct {
	next, skip uint64  // the slot it claims next and how far on the one after it is
	weight     float64 // its share of the whole weight
	target     float64 // it claims a slot once its turns, times its weight, have come to this
}

const unclaimed = math.MaxUint32

// fillSlots returns the rank of the member that each slot belongs to. It is Envoy's loop; only the
// products modulo size are made by adding up.
func fillSlots(members []member, size uint64) []uint32 {
	slots := slices.Repeat([]uint32{unclaimed}, int(size))
	claimants := newClaimants(members, size)
	heaviest := 0.0
	for i := range claimants {
		heaviest = max(heaviest, claimants[i].weight)
	}
	left := size
	for turn := 1; ; turn++ {
		for rank := range claimants {
			c := &claimants[rank]
			if float64(turn)*c.weight < c.target {
				continue
			}
			c.target += heaviest
			c.claim(slots, uint32(rank))
			if left--; left == 0 {
				return slots
			}
		}
	}
}

func newClaimants(members []member, size uint64) []claimant {
	claimants := make([]claimant, len(members))
	for i, share := range normalized(members) {
		address := members[i].address
		second := xxhash.NewWithSeed(1)
		_, _ = second.WriteString(address) // it never fails
		claimants[i] = claimant{
			next:   xxhash.Sum64String(address) % size,
			skip:   second.Sum64()%(size-1) + 1,
			weight: share,
		}
	}
	return claimants
}

// claim takes the first free slot in the claimant's own order. The size is prime, so that order comes
// by every slot.
func (c *claimant) claim(slots []uint32, rank uint32) {
	size := uint64(len(slots))
	for slots[c.next] != unclaimed {
		c.next = (c.next + c.skip) % size
	}
	slots[c.next] = rank
	c.next = (c.next + c.skip) % size
}

// Hash returns the xxHash64 of the key with seed 0.
func (m *Maglev) Hash(key string) uint64 { return hashKey(key) }

// Lookup returns the host of the hash's slot or, if that one is not eligible, of the next attempt's.
func (m *Maglev) Lookup(hash uint64, eligible Set) (host uint32, ok bool) {
	if len(m.rest.entries) == 0 {
		return 0, false
	}
	for attempt := range uint64(maglevAttempts) {
		if host := m.attempt(hash, attempt); eligible.Has(host) {
			return host, true
		}
	}
	return m.rest.Lookup(hash, eligible)
}

// attempt returns the host of a hash's slot (attempt 0) or of one of Envoy's retries.
func (m *Maglev) attempt(hash, attempt uint64) uint32 {
	return m.slots.at(int((hash ^ -attempt) % m.size))
}

// Fingerprint is described at Table.
func (m *Maglev) Fingerprint() uint64 { return m.fingerprint }

// Bytes is described at Table.
func (m *Maglev) Bytes() int { return int(unsafe.Sizeof(*m)) + m.slots.bytes() + m.rest.Bytes() }
