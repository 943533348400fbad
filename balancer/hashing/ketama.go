package hashing

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"strings"
	"unsafe"
)

const (
	ketamaPoints    = 160     // for each unit of weight, as in nginx
	maxKetamaPoints = 1 << 24 // of a table
)

// Ketama is the table of nginx's `hash $key consistent` (ngx_http_upstream_hash_module.c), which is
// that of Cache::Memcached::Fast and of pingora: a host has 160 points for each unit of its weight,
// the first of which is the CRC-32 of HOST, a zero byte, PORT and four more zero bytes, and each
// further one has the point before, low byte first, in the place of these four. Of equal points the
// first host in order of addresses keeps its own. A lookup that meets a host that is not eligible goes
// on to the next point, as nginx does when a server is down.
//
// An IPv6 address is hashed without its brackets, as pingora does it; nginx hashes what its
// configuration says, so it agrees for names and IPv4 addresses with a port.
//
// Tables that would have more than 16,777,216 points have about that many, in the proportion of the
// weights and at least one for each host. Such a table departs from nginx, which has no limit, and
// keys of other hosts can move when one leaves.
//
// A lookup among eligible hosts costs the same whatever the size; where few are eligible, it grows by
// one step for each point that is passed over.
type Ketama struct{ continuum[uint32] }

// NewKetama returns the table of the hosts.
func NewKetama(hosts []Host) *Ketama {
	members := sorted(hosts)
	counts := ketamaCounts(members, maxKetamaPoints)
	return &Ketama{newContinuum("ketama", members, counts, ketamaHashes(members, counts))}
}

// ketamaCounts returns how many points each member has; if there would be more than most, that many
// are shared out by weight.
func ketamaCounts(members []member, most uint64) []uint32 {
	total := uint64(0)
	for i := range members {
		total += ketamaPoints * uint64(members[i].weight)
	}
	counts := make([]uint32, len(members))
	for i := range members {
		points := ketamaPoints * uint64(members[i].weight)
		if total > most {
			hi, lo := bits.Mul64(points, most)
			points, _ = bits.Div64(hi, lo, total)
		}
		counts[i] = uint32(max(1, points))
	}
	return counts
}

// ketamaHashes returns the points of the first member, then those of the second, and so on.
func ketamaHashes(members []member, counts []uint32) []uint32 {
	total := 0
	for _, n := range counts {
		total += int(n)
	}
	hashes := make([]uint32, 0, total)
	var text, before []byte
	for i := range members {
		host, port := splitHostPort(members[i].address)
		text = append(append(append(text[:0], host...), 0), port...)
		base := crc32.ChecksumIEEE(text)
		point := uint32(0)
		for range counts[i] {
			before = binary.LittleEndian.AppendUint32(before[:0], point)
			point = crc32.Update(base, crc32.IEEETable, before)
			hashes = append(hashes, point)
		}
	}
	return hashes
}

// splitHostPort takes the digits after the last colon as the port, as nginx does, and the brackets off
// an IPv6 address. Without a port all of it is the host.
func splitHostPort(address string) (host, port string) {
	host = strings.TrimRight(address, "0123456789")
	port = address[len(host):]
	host, ok := strings.CutSuffix(host, ":")
	if !ok {
		return address, ""
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok {
			return inner, port
		}
	}
	return host, port
}

// Hash returns the CRC-32 of the key, with the polynomial of IEEE 802.3.
func (k *Ketama) Hash(key string) uint64 {
	// A conversion would copy the key, because the compiler can't see that the checksum only reads.
	return uint64(crc32.ChecksumIEEE(unsafe.Slice(unsafe.StringData(key), len(key))))
}

// Lookup returns the host of the first point at or after the hash whose host is eligible.
func (k *Ketama) Lookup(hash uint64, eligible Set) (host uint32, ok bool) {
	return k.lookup(uint32(hash), eligible)
}
