package hashing

import (
	"fmt"
	"testing"
)

// kinds are the tables, for what must hold for every one.
var kinds = []struct {
	name string
	make func(testing.TB, []Host) Table
}{
	{"ring_hash", func(t testing.TB, hosts []Host) Table { return ring(t, hosts, DefaultMinRing, DefaultMaxRing) }},
	{"ketama", func(_ testing.TB, hosts []Host) Table { return NewKetama(hosts) }},
	{"maglev", func(t testing.TB, hosts []Host) Table { return maglev(t, hosts, DefaultMaglevSize) }},
	{"rendezvous", func(_ testing.TB, hosts []Host) Table { return NewRendezvous(hosts) }},
}

func ring(t testing.TB, hosts []Host, minSize, maxSize int) *Ring {
	t.Helper()
	r, err := NewRing(hosts, minSize, maxSize)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func maglev(t testing.TB, hosts []Host, size int) *Maglev {
	t.Helper()
	m, err := NewMaglev(hosts, size)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// hostsOf returns n hosts whose weights repeat the given ones; none given means all weigh 1.
func hostsOf(n int, weights ...uint32) []Host {
	hosts := make([]Host, n)
	for i := range hosts {
		hosts[i] = Host{fmt.Sprintf("10.%d.%d.%d:8080", i>>16, i>>8&255, i&255), 1}
		if len(weights) > 0 {
			hosts[i].Weight = weights[i%len(weights)]
		}
	}
	return hosts
}

var benchSizes = []int{10, 1000, 10_000}

func BenchmarkLookup(b *testing.B) {
	for _, kind := range kinds {
		for _, n := range benchSizes {
			for _, weights := range [][]uint32{{1}, {1, 2, 5}} {
				table := kind.make(b, hostsOf(n, weights...))
				b.Run(fmt.Sprintf("%s/hosts=%d/weights=%v", kind.name, n, weights), func(b *testing.B) {
					benchLookup(b, table, nil)
				})
			}
		}
	}
	largest := ring(b, hostsOf(1000), MaxRing, MaxRing)
	b.Run("ring_hash/points=8M", func(b *testing.B) { benchLookup(b, largest, nil) })
}

// BenchmarkLookupHalfEligible walks past hosts that are not.
func BenchmarkLookupHalfEligible(b *testing.B) {
	for _, kind := range kinds {
		for _, n := range benchSizes {
			table, eligible := kind.make(b, hostsOf(n)), NewSet(n)
			for i := 0; i < n; i += 2 {
				eligible.Add(uint32(i))
			}
			b.Run(fmt.Sprintf("%s/hosts=%d", kind.name, n), func(b *testing.B) { benchLookup(b, table, eligible) })
		}
	}
}

func benchLookup(b *testing.B, table Table, eligible Set) {
	b.ReportAllocs()
	hash := uint64(0)
	for b.Loop() {
		hash += 0x9e3779b97f4a7c15 // spread, and not of use to a branch predictor
		// Ketama looks at the lower half only, in which this is spread as well.
		if _, ok := table.Lookup(hash, eligible); !ok {
			b.Fatal("no host")
		}
	}
}

func BenchmarkHash(b *testing.B) {
	for _, kind := range kinds {
		table := kind.make(b, hostsOf(10))
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.Hash("user:0123456789abcdef")
			}
		})
	}
}

func BenchmarkMake(b *testing.B) {
	for _, kind := range kinds {
		for _, n := range benchSizes {
			hosts := hostsOf(n)
			b.Run(fmt.Sprintf("%s/hosts=%d", kind.name, n), func(b *testing.B) {
				for b.Loop() {
					b.ReportMetric(float64(kind.make(b, hosts).Bytes()), "table-bytes")
				}
			})
		}
	}
	b.Run("ring_hash/points=8M", func(b *testing.B) {
		hosts := hostsOf(1000)
		for b.Loop() {
			ring(b, hosts, MaxRing, MaxRing)
		}
	})
}
