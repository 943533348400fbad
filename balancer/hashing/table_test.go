package hashing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const keys = 20_000

// owners returns the address that each of many keys belongs to.
func owners(t testing.TB, table Table, hosts []Host, eligible Set) []string {
	t.Helper()
	owners := make([]string, keys)
	for i := range owners {
		host, ok := table.Lookup(table.Hash(fmt.Sprintf("key-%d", i)), eligible)
		if !ok {
			t.Fatal("no host")
		}
		owners[i] = hosts[host].Address
	}
	return owners
}

// TestOneLeaves takes each of some hosts out of the list and counts which keys of the others move.
func TestOneLeaves(t *testing.T) {
	tests := []struct {
		table, hosts  int     // kinds, number
		least, atMost float64 // part of the others' keys that moves, the mean of all leavers
	}{
		{0, 10, 0.05, 0.15},
		{0, 50, 0, 0},
		{1, 10, 0, 0},
		{1, 100, 0, 0},
		{2, 10, 0, 0.02},
		{2, 100, 0, 0.02},
		{3, 10, 0, 0},
		{3, 100, 0, 0},
	}
	for _, test := range tests {
		kind, hosts := kinds[test.table], hostsOf(test.hosts)
		before := owners(t, kind.make(t, hosts), hosts, nil)
		moved, others := 0, 0
		for leaver := range min(10, test.hosts) {
			left := slices.Delete(slices.Clone(hosts), leaver, leaver+1)
			for i, owner := range owners(t, kind.make(t, left), left, nil) {
				if before[i] == hosts[leaver].Address {
					continue
				}
				if others++; owner != before[i] {
					moved++
				}
			}
		}
		part := float64(moved) / float64(others)
		t.Logf("%s: when one of %d leaves, %.2f%% of the others' keys move", kind.name, test.hosts, 100*part)
		if part < test.least || part > test.atMost {
			t.Errorf("%s, %d hosts: %v of the others' keys move, want %v to %v", kind.name, test.hosts, part, test.least, test.atMost)
		}
	}
}

// TestShares counts who has how many keys. What a host gets varies for two reasons: which keys there
// are, of which three standard deviations are allowed, and, for tables with points or slots, how its
// points happen to lie.
func TestShares(t *testing.T) {
	// The relative standard deviation of a host's part of the table. Stretches of a ring vary like
	// gaps of random points: 1/√points. A Maglev slot is one in 65,537, which is exact enough.
	tests := []struct {
		kind   int
		spread func(weight, total float64) float64
	}{
		{0, func(weight, total float64) float64 { return 1 / math.Sqrt(DefaultMinRing*weight/total) }},
		{1, func(weight, _ float64) float64 { return 1 / math.Sqrt(ketamaPoints*weight) }},
		{2, func(weight, total float64) float64 { return total / weight / DefaultMaglevSize }},
		{3, func(float64, float64) float64 { return 0 }},
	}
	for _, test := range tests {
		for _, weights := range [][]uint32{{1, 1, 1, 1, 1, 1, 1, 1}, {1, 2, 3, 4, 5, 10}, {100, 50, 25}} {
			kind, hosts := kinds[test.kind], hostsOf(len(weights), weights...)
			total := 0.0
			for _, w := range weights {
				total += float64(w)
			}
			got := map[string]int{}
			for _, owner := range owners(t, kind.make(t, hosts), hosts, nil) {
				got[owner]++
			}
			for _, h := range hosts {
				part := float64(h.Weight) / total
				want := part * keys
				slack := 3 * math.Hypot(math.Sqrt(want*(1-part)), want*test.spread(float64(h.Weight), total))
				if math.Abs(float64(got[h.Address])-want) > slack {
					t.Errorf("%s, weights %v: %s has %d keys, want %.0f ± %.0f", kind.name, weights, h.Address, got[h.Address], want, slack)
				}
			}
		}
	}
}

func TestNobodyToFind(t *testing.T) {
	for _, kind := range kinds {
		for name, hosts := range map[string][]Host{"no hosts": nil, "a host of weight 0": {{"10.0.0.1:80", 0}}} {
			table := kind.make(t, hosts)
			for _, eligible := range []Set{nil, NewSet(1)} {
				if host, ok := table.Lookup(table.Hash("key"), eligible); ok {
					t.Errorf("%s, %s: found host %d", kind.name, name, host)
				}
			}
		}
		table := kind.make(t, hostsOf(100))
		if host, ok := table.Lookup(table.Hash("key"), NewSet(100)); ok {
			t.Errorf("%s, nobody eligible: found host %d", kind.name, host)
		}
	}
}

// TestManyHosts has indexes that need more than two bytes.
func TestManyHosts(t *testing.T) {
	const n = 70_000
	hosts := hostsOf(n)
	const largerPrime = 131_071 // a Maglev table must have a slot for each
	for _, table := range []Table{
		ring(t, hosts, DefaultMinRing, DefaultMaxRing), maglev(t, hosts, largerPrime), NewRendezvous(hosts),
	} {
		last := uint32(0)
		for i := range uint64(1000) {
			host, ok := table.Lookup(mix(i), nil)
			if !ok || host >= n {
				t.Fatalf("%T: host %d %v", table, host, ok)
			}
			last = max(last, host)
		}
		if last <= math.MaxUint16 {
			t.Errorf("%T: the last of a thousand hosts is %d", table, last)
		}
		eligible := NewSet(n)
		eligible.Add(n - 1)
		if host, ok := table.Lookup(table.Hash("key"), eligible); !ok || host != n-1 {
			t.Errorf("%T: only the last host is eligible: %d %v", table, host, ok)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	for _, kind := range kinds {
		for _, weights := range [][]uint32{{1}, {1, 2, 5}} {
			table, eligible := kind.make(t, hostsOf(1000, weights...)), without(1000, 1, 2, 3)
			allocations := testing.AllocsPerRun(1000, func() { table.Lookup(table.Hash("user:0123456789abcdef"), eligible) })
			if allocations != 0 {
				t.Errorf("%s: %v allocations a lookup", kind.name, allocations)
			}
		}
	}
}

// TestBytes holds the sizes that the documentation of the package gives.
func TestBytes(t *testing.T) {
	tests := []struct {
		kind, hosts   int
		least, atMost int
	}{
		{0, 10, 16 * 1024, 24 * 1024},
		{0, 10_000, 16 * 10_000, 24 * 10_000},
		{1, 10, 8 * 1600, 11 * 1600},
		{1, 1000, 8 * 160_000, 11 * 160_000},
		{2, 10, 2 * DefaultMaglevSize, 2*DefaultMaglevSize + 1000},
		{2, 10_000, 2 * DefaultMaglevSize, 2*DefaultMaglevSize + 25*10_000},
		{3, 1000, 24 * 1000, 25 * 1000},
	}
	for _, test := range tests {
		got := kinds[test.kind].make(t, hostsOf(test.hosts)).Bytes()
		if got < test.least || got > test.atMost {
			t.Errorf("%s of %d hosts takes %d bytes, want %d to %d", kinds[test.kind].name, test.hosts, got, test.least, test.atMost)
		}
	}
}

// TestRendezvousIsTheBestScore compares the lookup, which takes few logarithms, with the definition.
func TestRendezvousIsTheBestScore(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		hosts := hostsOf(1 + random.IntN(40))
		for i := range hosts {
			hosts[i].Weight = 1 + random.Uint32N(uint32(random.IntN(65_535)+1))
		}
		table := NewRendezvous(hosts)
		for range 100 {
			hash := random.Uint64()
			best := slices.MinFunc(table.entries, func(a, b entry) int {
				if a.score(hash) < b.score(hash) {
					return -1
				}
				return 1
			})
			if got, _ := table.Lookup(hash, nil); got != best.index {
				t.Fatalf("hosts %v: %d has %d, want %d", hosts, got, hash, best.index)
			}
		}
	}
}
