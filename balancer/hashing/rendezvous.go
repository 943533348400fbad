package hashing

import (
	"math"
	"unsafe"
)

// Rendezvous is highest random weight: every host has a score for a key, and the best of the eligible
// ones has the key. Nothing is shared between hosts, so that one that leaves or changes its weight moves
// no key between others; a lookup takes time in proportion to the hosts.
//
// The method is Thaler's and Ravishankar's ("Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM
// Transactions on Networking 6:1, 1998). Weights come in by the logarithmic method (Schindelhauer and
// Schomaker, "Weighted Distributed Hash Tables", SPAA 2005; Resch, "New Hashing Algorithms for Data
// Storage", SDC 2015): the score is weight / -ln u, where u between 0 and 1 is what key and host
// hash to, and the highest wins. Here it is upside down, -ln u / weight, and the lowest wins.
//
// What key and host hash to is what SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom
// Number Generators", OOPSLA 2014) gives for a state of the key's xxHash64 XOR the address's; u is made
// of its upper 52 bits, x, as (2x + 1) / 2^53. Every step is exact or rounded once by the rules of
// IEEE 754, so that all architectures agree.
type Rendezvous struct {
	entries     []entry // in order of addresses
	equal       bool    // all weights are: then the bounds are in the order of the scores
	fingerprint uint64
}

type entry struct {
	seed  uint64  // the hash of the address
	cost  float64 // 1 / weight
	index uint32
}

// NewRendezvous returns the table of the hosts.
func NewRendezvous(hosts []Host) *Rendezvous { return newRendezvous(sorted(hosts)) }

func newRendezvous(members []member) *Rendezvous {
	weights := reduced(members)
	f := newFingerprint("rendezvous")
	f.each(members, weights)
	r := &Rendezvous{entries: make([]entry, len(members)), equal: true, fingerprint: f.sum()}
	for i, m := range members {
		r.equal = r.equal && weights[i] == weights[0]
		r.entries[i] = entry{seed: hashKey(m.address), cost: 1 / float64(weights[i]), index: m.index}
	}
	return r
}

// Hash returns the xxHash64 of the key with seed 0.
func (r *Rendezvous) Hash(key string) uint64 { return hashKey(key) }

// Lookup returns the eligible host with the best score; of equal scores, which are as good as
// impossible, that of the first address.
//
// A logarithm costs as much as ten hosts, so a lookup takes few. With equal weights the order of the
// scores is that of the hashes. With others, -ln u is at least 1 - u: the host for which this bound is
// lowest nearly always wins, and one logarithm shows it unless the bound of another host is lower
// than that score.
func (r *Rendezvous) Lookup(hash uint64, eligible Set) (host uint32, ok bool) {
	place := -1
	if r.equal {
		place = r.highest(hash, eligible)
	} else if first, second := r.lowest(hash, eligible); first >= 0 {
		place = first
		if score := r.entries[first].score(hash); score >= second {
			place = r.best(hash, eligible, score)
		}
	}
	if place < 0 {
		return 0, false
	}
	return r.entries[place].index, true
}

// highest returns the place of the eligible host with the highest hash, or -1.
func (r *Rendezvous) highest(hash uint64, eligible Set) (place int) {
	place, highest := -1, int64(-1)
	for i := range r.entries {
		e := &r.entries[i]
		if x := int64(mix(hash^e.seed) >> 12); x > highest && eligible.Has(e.index) {
			place, highest = i, x
		}
	}
	return place
}

// lowest returns the place of the eligible host with the lowest bound, or -1, and the second bound.
// Floats that are not negative compare like their bits, and integers need no branch to compare, which
// would often be guessed wrong.
func (r *Rendezvous) lowest(hash uint64, eligible Set) (place int, second float64) {
	place = -1
	least, next := math.Float64bits(math.Inf(1)), math.Float64bits(math.Inf(1))
	for i := range r.entries {
		e := &r.entries[i]
		if !eligible.Has(e.index) {
			continue
		}
		bound := math.Float64bits(e.bound(hash))
		next = min(next, max(least, bound))
		if bound < least {
			place = i
		}
		least = min(least, bound)
	}
	return place, math.Float64frombits(next)
}

// best returns the place of the eligible host with the best score, which is no worse than atMost.
func (r *Rendezvous) best(hash uint64, eligible Set, atMost float64) (place int) {
	least := math.Inf(1)
	for i := range r.entries {
		e := &r.entries[i]
		if e.bound(hash) > atMost || !eligible.Has(e.index) {
			continue
		}
		if score := e.score(hash); score < least {
			place, least = i, score
		}
	}
	return place
}

// score is what the host with the lowest one wins by.
func (e *entry) score(hash uint64) float64 { return minusLog(toOne(mix(hash^e.seed))) * e.cost }

// bound is never more than score, because rounding keeps order.
func (e *entry) bound(hash uint64) float64 { return toOne(mix(hash^e.seed)) * e.cost }

// mix is SplitMix64.
func mix(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// Fingerprint is described at Table.
func (r *Rendezvous) Fingerprint() uint64 { return r.fingerprint }

// Bytes is described at Table.
func (r *Rendezvous) Bytes() int { return int(unsafe.Sizeof(*r)) + sizeOf(r.entries) }
