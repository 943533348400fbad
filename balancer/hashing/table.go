package hashing

import (
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

// Host is one that keys may belong to.
type Host struct {
	Address string // host:port in canonical form; distinct within a table
	Weight  uint32 // its share of the keys, relative to the others; 0 leaves it out of the table
}

// Table says to which host a key belongs. Tables never change and are safe for concurrent use; Hash
// and Lookup allocate nothing.
type Table interface {
	// Hash returns what Lookup takes for a key.
	Hash(key string) uint64

	// Lookup returns the first eligible host for a hash, as the model of the table walks on from
	// those that are not: the index into the hosts that the table was made of. It is false only when
	// no host of the table is eligible.
	Lookup(hash uint64, eligible Set) (host uint32, ok bool)

	// Fingerprint is the same for tables that give the same answer to every lookup, and differs, but
	// for a collision of 64 bits, for all others.
	Fingerprint() uint64

	// Bytes is the memory that the table takes, in bytes.
	Bytes() int
}

var (
	_ Table = (*Ring)(nil)
	_ Table = (*Ketama)(nil)
	_ Table = (*Maglev)(nil)
	_ Table = (*Rendezvous)(nil)
)

// member is a host in the making of a table.
type member struct {
	address string
	weight  uint32
	index   uint32 // in the list given to the constructor
}

// sorted returns the hosts in the order that all tables work in, the byte order of their addresses.
func sorted(hosts []Host) []member {
	members := make([]member, 0, len(hosts))
	for i, h := range hosts {
		if h.Weight > 0 {
			members = append(members, member{h.Address, h.Weight, uint32(i)})
		}
	}
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.address, b.address) })
	return members
}

// normalized returns the share of each member in the whole weight. Envoy and gRPC divide in this way,
// and the last bit decides where a fraction of a point goes.
func normalized(members []member) []float64 {
	sum := uint64(0)
	for _, m := range members {
		sum += uint64(m.weight)
	}
	shares := make([]float64, len(members))
	for i, m := range members {
		shares[i] = float64(m.weight) / float64(sum)
	}
	return shares
}

// reduced returns the weights divided by what they have in common, so that equal proportions make
// equal tables.
func reduced(members []member) []uint32 {
	common := uint32(0)
	for _, m := range members {
		common = gcd(common, m.weight)
	}
	weights := make([]uint32, len(members))
	for i, m := range members {
		weights[i] = m.weight / common
	}
	return weights
}

func gcd(a, b uint32) uint32 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// hashKey is the hash of Envoy and gRPC.
func hashKey(key string) uint64 { return xxhash.Sum64String(key) }

// indexes is a list of host indexes, with two bytes for each where that is enough.
type indexes struct {
	narrow []uint16
	wide   []uint32
}

// pack turns ranks of members into indexes of hosts. It may keep the list.
func pack(members []member, ranks []uint32) indexes {
	last := uint32(0)
	for i := range members {
		last = max(last, members[i].index)
	}
	if last > math.MaxUint16 {
		for i, rank := range ranks {
			ranks[i] = members[rank].index
		}
		return indexes{wide: ranks}
	}
	narrow := make([]uint16, len(ranks))
	for i, rank := range ranks {
		narrow[i] = uint16(members[rank].index)
	}
	return indexes{narrow: narrow}
}

func (x *indexes) at(i int) uint32 {
	if x.narrow != nil {
		return uint32(x.narrow[i])
	}
	return x.wide[i]
}

func (x *indexes) bytes() int { return sizeOf(x.narrow) + sizeOf(x.wide) }

// sizeOf returns the bytes behind a slice.
func sizeOf[T any](s []T) int {
	var t T
	return cap(s) * int(unsafe.Sizeof(t))
}
