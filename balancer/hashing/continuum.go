package hashing

import (
	"cmp"
	"math/bits"
	"slices"
	"unsafe"
)

// continuum is a ring of points, each of which belongs to a host. A hash belongs to the first point that
// is not below it, and past the last point to the first.
//
// Points are close to evenly spread, so the upper bits of a hash nearly say where its point is: they
// divide the ring into parts, and a guide keeps the first point of each, so that only the few of one
// part are left to compare.
//
// The time of a lookup in a large ring is that of waiting for memory, which is why hash and host of a
// point lie side by side: two lists would be smaller, and slower.
type continuum[H uint32 | uint64] struct {
	points []point[H] // in order of their hashes
	guide  []uint32   // guide[b]: the place of the first point in part b or after it
	shift  uint       // a hash shifted right by it is the number of its part

	rest        *Rendezvous // chooses when no host with a point is eligible; nil if all have one
	fingerprint uint64
}

type point[H uint32 | uint64] struct {
	hash H
	host uint32 // while the ring is being made, the rank of the member
}

// newContinuum makes a ring of the points of all members: hashes holds those of the first member, then
// those of the second, and so on, each so many as counts says. Of points with equal hashes only that
// of the first member is kept.
//
// The kind, the addresses and the counts must determine the points: they are what the fingerprint
// sums up. Weights matter beyond them only where a host was left without a point.
func newContinuum[H uint32 | uint64](kind string, members []member, counts []uint32, hashes []H) continuum[H] {
	c := continuum[H]{}
	c.divide(len(hashes))
	c.arrange(counts, hashes)
	c.dropTwins()
	f := newFingerprint(kind)
	f.each(members, counts)
	if !c.hasAll(len(members)) {
		c.rest = newRendezvous(members)
		f.number(c.rest.fingerprint)
	}
	c.fingerprint = f.sum()
	for i := range c.points {
		c.points[i].host = members[c.points[i].host].index
	}
	return c
}

// pointsPerPart is how many points a part of the ring has at most, on average, and crowded how many
// are too many to look at each.
const (
	pointsPerPart = 4
	crowded       = 16
)

// divide chooses the number of parts for so many points.
func (c *continuum[H]) divide(points int) {
	width := bits.Len64(uint64(^H(0)))
	partBits := bits.Len(uint(points / pointsPerPart))
	c.shift = uint(width - partBits)
	c.guide = make([]uint32, 1<<partBits+1)
}

func (c *continuum[H]) part(h H) int { return int(h >> c.shift) }

// sumGuide turns a guide that has the number of points of each part behind the place of that part
// into one that has the first point.
func (c *continuum[H]) sumGuide() {
	for b := 1; b < len(c.guide); b++ {
		c.guide[b] += c.guide[b-1]
	}
}

// arrange puts the points in order. Each goes to its part of the ring first, which leaves but a few
// to sort.
func (c *continuum[H]) arrange(counts []uint32, hashes []H) {
	for _, h := range hashes {
		c.guide[c.part(h)+1]++
	}
	c.sumGuide()
	c.points = make([]point[H], len(hashes))
	next := slices.Clone(c.guide)
	for rank, count := range counts {
		for _, h := range hashes[:count] {
			part := c.part(h)
			c.points[next[part]] = point[H]{h, uint32(rank)}
			next[part]++
		}
		hashes = hashes[count:]
	}
	for b := range len(c.guide) - 1 {
		slices.SortFunc(c.points[c.guide[b]:c.guide[b+1]], compare)
	}
}

func compare[H uint32 | uint64](p, q point[H]) int {
	return cmp.Or(cmp.Compare(p.hash, q.hash), cmp.Compare(p.host, q.host))
}

// dropTwins drops all but the first of points with the same hash.
func (c *continuum[H]) dropTwins() {
	before := len(c.points)
	c.points = slices.CompactFunc(c.points, func(p, q point[H]) bool { return p.hash == q.hash })
	if len(c.points) == before {
		return
	}
	clear(c.guide)
	for _, p := range c.points {
		c.guide[c.part(p.hash)+1]++
	}
	c.sumGuide()
}

// hasAll reports whether each of so many members has a point.
func (c *continuum[H]) hasAll(members int) bool {
	left, seen := members, NewSet(members)
	for _, p := range c.points {
		if !seen.Has(p.host) {
			seen.Add(p.host)
			left--
		}
	}
	return left == 0
}

// lookup walks from the point of a hash, once around, to the first that belongs to an eligible host.
func (c *continuum[H]) lookup(h H, eligible Set) (host uint32, ok bool) {
	start := c.first(h)
	for _, p := range c.points[start:] {
		if eligible.Has(p.host) {
			return p.host, true
		}
	}
	for _, p := range c.points[:start] {
		if eligible.Has(p.host) {
			return p.host, true
		}
	}
	if c.rest != nil {
		return c.rest.Lookup(uint64(h), eligible)
	}
	return 0, false
}

// first returns the place of the first point that is not below the hash; it may be past the last.
//
// It counts the points below the hash instead of halving the part until none is left: there is no
// branch to guess wrong, which would cost more than looking at every point of so few.
func (c *continuum[H]) first(h H) int {
	part := c.part(h)
	low, high := int(c.guide[part]), int(c.guide[part+1])
	for high-low > crowded {
		if middle := int(uint(low+high) / 2); c.points[middle].hash < h {
			low = middle + 1
		} else {
			high = middle
		}
	}
	place := low
	for _, p := range c.points[low:high] {
		if p.hash < h {
			place++
		}
	}
	return place
}

// Fingerprint is described at Table.
func (c *continuum[H]) Fingerprint() uint64 { return c.fingerprint }

// Bytes is described at Table.
func (c *continuum[H]) Bytes() int {
	bytes := int(unsafe.Sizeof(*c)) + sizeOf(c.points) + sizeOf(c.guide)
	if c.rest != nil {
		bytes += c.rest.Bytes()
	}
	return bytes
}
