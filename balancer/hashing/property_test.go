package hashing

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawHosts makes a few hosts of a small pool, so that equal lists and proportions come up.
func drawHosts(t *rapid.T, label string) []Host {
	addresses := rapid.SliceOfNDistinct(rapid.IntRange(0, 11), 0, 12, rapid.ID[int]).Draw(t, label)
	hosts := make([]Host, len(addresses))
	for i, n := range addresses {
		hosts[i] = Host{fmt.Sprintf("10.0.0.%d:80", n), rapid.SampledFrom([]uint32{1, 1, 2, 3, 4, 9}).Draw(t, "weight")}
	}
	return hosts
}

func drawSet(t *rapid.T, hosts int) Set {
	if rapid.Bool().Draw(t, "all") {
		return nil
	}
	s := NewSet(hosts)
	for i := range uint32(hosts) {
		if rapid.Bool().Draw(t, "eligible") {
			s.Add(i)
		}
	}
	return s
}

// small are tables that take little time to make.
var small = []struct {
	name string
	make func(testing.TB, []Host) Table
}{
	{"ring_hash", func(t testing.TB, hosts []Host) Table { return ring(t, hosts, 64, 1024) }},
	{"ring_hash too small for all", func(t testing.TB, hosts []Host) Table { return ring(t, hosts, 4, 4) }},
	{"ketama", func(_ testing.TB, hosts []Host) Table { return NewKetama(hosts) }},
	{"maglev", func(t testing.TB, hosts []Host) Table { return maglev(t, hosts, 251) }},
	{"maglev too small for all", func(t testing.TB, hosts []Host) Table { return maglev(t, hosts, 5) }},
	{"rendezvous", func(_ testing.TB, hosts []Host) Table { return NewRendezvous(hosts) }},
}

// TestOnlyTheIneligibleMove: a key goes to an eligible host, if there is one, and stays with its host
// when another stops being eligible.
func TestOnlyTheIneligibleMove(t *testing.T) {
	for _, kind := range small {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				hosts := drawHosts(rt, "hosts")
				table, hash := kind.make(t, hosts), rapid.Uint64().Draw(rt, "hash")
				eligible := drawSet(rt, len(hosts))
				somebody := slices.ContainsFunc(seq(len(hosts)), eligible.Has)
				owner, ok := table.Lookup(hash, eligible)
				if ok != somebody || ok && (int(owner) >= len(hosts) || !eligible.Has(owner)) {
					rt.Fatalf("host %d %v is found, eligible are %v", owner, ok, eligible)
				}
				for _, other := range seq(len(hosts)) {
					if other == owner || !eligible.Has(other) {
						continue
					}
					if got, _ := table.Lookup(hash, minus(eligible, other, len(hosts))); got != owner {
						rt.Fatalf("when %d is no longer eligible, a key of %d moves to %d", other, owner, got)
					}
				}
			})
		})
	}
}

// TestWalkMeetsEveryHost: taking the found host out of the set, again and again, finds each one once.
func TestWalkMeetsEveryHost(t *testing.T) {
	for _, kind := range small {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				hosts := drawHosts(rt, "hosts")
				table, hash := kind.make(t, hosts), rapid.Uint64().Draw(rt, "hash")
				left := without(len(hosts))
				for n := range len(hosts) {
					host, ok := table.Lookup(hash, left)
					if !ok || !left.Has(host) {
						rt.Fatalf("host %d %v is found after %d", host, ok, n)
					}
					left.Remove(host)
				}
				if host, ok := table.Lookup(hash, left); ok {
					rt.Fatalf("host %d is found twice", host)
				}
			})
		})
	}
}

func TestOrderOfHostsDoesNotMatter(t *testing.T) {
	for _, kind := range small {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				hosts := drawHosts(rt, "hosts")
				shuffled := rapid.Permutation(hosts).Draw(rt, "shuffled")
				a, b := kind.make(t, hosts), kind.make(t, shuffled)
				if a.Fingerprint() != b.Fingerprint() {
					rt.Fatal("the fingerprints differ")
				}
				eligible := drawSet(rt, len(hosts))
				hash := rapid.Uint64().Draw(rt, "hash")
				host, ok := a.Lookup(hash, eligible)
				other, otherOK := b.Lookup(hash, translate(eligible, hosts, shuffled))
				if ok != otherOK || ok && hosts[host] != shuffled[other] {
					rt.Fatalf("%d %v and %d %v", host, ok, other, otherOK)
				}
			})
		})
	}
}

// TestFingerprintTellsTablesApart compares fingerprints with what the tables are made up of.
func TestFingerprintTellsTablesApart(t *testing.T) {
	for _, kind := range small {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				hosts, others := drawHosts(rt, "hosts"), drawHosts(rt, "others")
				if rapid.Bool().Draw(rt, "similar") {
					others = similar(rt, hosts)
				}
				a, b := kind.make(t, hosts), kind.make(t, others)
				equal := slices.Equal(content(a, hosts), content(b, others))
				if same := a.Fingerprint() == b.Fingerprint(); same != equal {
					rt.Fatalf("same fingerprint: %v, equal tables: %v\n%v\n%v", same, equal, hosts, others)
				}
			})
		})
	}
}

func TestFingerprintOfSettings(t *testing.T) {
	hosts := hostsOf(10)
	seen := map[uint64]string{}
	for name, table := range map[string]Table{
		"ring": ring(t, hosts, 1024, 1024), "larger ring": ring(t, hosts, 2048, 2048), "ketama": NewKetama(hosts),
		"maglev": maglev(t, hosts, 251), "larger maglev": maglev(t, hosts, 257), "rendezvous": NewRendezvous(hosts),
		"no ring": ring(t, nil, 1024, 1024), "no ketama": NewKetama(nil),
		"no maglev": maglev(t, nil, 251), "no rendezvous": NewRendezvous(nil),
	} {
		if other, ok := seen[table.Fingerprint()]; ok {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		seen[table.Fingerprint()] = name
	}
	if ring(t, hosts, 1024, 2048).Fingerprint() != ring(t, hosts, 1024, MaxRing).Fingerprint() {
		t.Error("a maximum that is not reached changes the fingerprint")
	}
}

func FuzzLookup(f *testing.F) {
	f.Add("key", uint8(10), uint64(1), uint64(0b1010101010))
	f.Add("", uint8(0), uint64(0), uint64(0))
	f.Add("\x00\xff", uint8(64), uint64(1<<63), uint64(1<<63))
	f.Fuzz(func(t *testing.T, key string, n uint8, weights, eligible uint64) {
		hosts := hostsOf(int(n%64) + 1)
		for i := range hosts {
			hosts[i].Weight = uint32(mix(weights+uint64(i)) % 4) // 0 too
		}
		set := Set{eligible}
		somebody := slices.ContainsFunc(seq(len(hosts)), func(i uint32) bool { return set.Has(i) && hosts[i].Weight > 0 })
		for _, kind := range small {
			table := kind.make(t, hosts)
			host, ok := table.Lookup(table.Hash(key), set)
			if ok != somebody || ok && (!set.Has(host) || hosts[host].Weight == 0) {
				t.Errorf("%s: host %d %v for %q, eligible %b of %v", kind.name, host, ok, key, eligible, hosts)
			}
		}
	})
}

// content lists everything that decides what a table answers, hosts by their addresses.
func content(table Table, hosts []Host) (all []string) {
	line := func(format string, values ...any) { all = append(all, fmt.Sprintf(format, values...)) }
	rest := func(r *Rendezvous) {
		for i := range r.entries {
			line("%s costs %v", hosts[r.entries[i].index].Address, r.entries[i].cost)
		}
	}
	switch table := table.(type) {
	case *Ring:
		for _, p := range table.points {
			line("%d: %s", p.hash, hosts[p.host].Address)
		}
		if table.rest != nil {
			rest(table.rest)
		}
	case *Ketama:
		for _, p := range table.points {
			line("%d: %s", p.hash, hosts[p.host].Address)
		}
	case *Maglev:
		for i := range table.slots.narrow {
			line("%d: %s", i, hosts[table.slots.at(i)].Address)
		}
		rest(table.rest)
	case *Rendezvous:
		rest(table)
	}
	return all
}

// similar changes the weights of hosts: all by a common factor, or some.
func similar(t *rapid.T, hosts []Host) []Host {
	hosts = slices.Clone(hosts)
	factor := rapid.Uint32Range(1, 3).Draw(t, "factor")
	for i := range hosts {
		hosts[i].Weight *= factor
		if rapid.IntRange(0, 9).Draw(t, "change") == 0 {
			hosts[i].Weight++
		}
	}
	return hosts
}

// translate returns the set of the same hosts in another order of them.
func translate(s Set, hosts, order []Host) Set {
	if s == nil {
		return nil
	}
	translated := NewSet(len(order))
	for i, h := range order {
		if s.Has(uint32(slices.Index(hosts, h))) {
			translated.Add(uint32(i))
		}
	}
	return translated
}

// minus returns the set without one of so many hosts.
func minus(s Set, host uint32, hosts int) Set {
	if s == nil {
		return without(hosts, host)
	}
	s = slices.Clone(s)
	s.Remove(host)
	return s
}

func seq(n int) []uint32 {
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}
