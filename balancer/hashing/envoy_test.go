package hashing

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// read decodes a file of testdata, each of which names its source.
func read[T any](t *testing.T, name string) T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var into T
	if err := json.Unmarshal(text, &into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return into
}

// listed makes hosts of addresses and, if there are any, weights.
func listed(addresses []string, weights []uint32) []Host {
	hosts := make([]Host, len(addresses))
	for i, address := range addresses {
		hosts[i] = Host{address, 1}
		if len(weights) > 0 {
			hosts[i].Weight = weights[i]
		}
	}
	return hosts
}

func TestHashOfEnvoy(t *testing.T) {
	vectors := read[struct {
		Seed0 map[string]json.Number `json:"xxhash64_seed0"`
	}](t, "hash_functions.json")
	if len(vectors.Seed0) == 0 {
		t.Fatal("no values")
	}
	for key, want := range vectors.Seed0 {
		for _, table := range []Table{&Ring{}, &Maglev{}, &Rendezvous{}} {
			if got := table.Hash(key); fmt.Sprint(got) != want.String() {
				t.Errorf("%T: the hash of %q is %d, want %s", table, key, got, want)
			}
		}
	}
}

type ringCase struct {
	Name     string
	Min, Max int
	Hosts    []string
	Weights  []uint32
}

func (c ringCase) make(t *testing.T) *Ring { return ring(t, listed(c.Hosts, c.Weights), c.Min, c.Max) }

func TestRingOfEnvoy(t *testing.T) {
	type point struct {
		Hash uint64 `json:",string"`
		Host uint32
	}
	vectors := read[struct {
		Positions []struct {
			ringCase
			Points []point
		}
		Histograms []struct {
			ringCase
			Points, Counts []int
			Hashes         int
		}
	}](t, "ring_envoy.json")
	if len(vectors.Positions) == 0 || len(vectors.Histograms) == 0 {
		t.Fatal("no values")
	}
	for _, c := range vectors.Positions {
		t.Run(c.Name, func(t *testing.T) {
			var got []point
			for _, p := range c.make(t).points {
				got = append(got, point{p.hash, p.host})
			}
			if !slices.Equal(got, c.Points) {
				t.Errorf("the ring is\n%v, want\n%v", got, c.Points)
			}
		})
	}
	for _, c := range vectors.Histograms {
		t.Run(c.Name, func(t *testing.T) {
			r := c.make(t)
			points, counts := make([]int, len(c.Hosts)), make([]int, len(c.Hosts))
			for _, p := range r.points {
				points[p.host]++
			}
			for i := range c.Hashes {
				host, _ := r.Lookup(uint64(i)*(math.MaxUint64/uint64(c.Hashes)), nil)
				counts[host]++
			}
			if !slices.Equal(points, c.Points) || !slices.Equal(counts, c.Counts) {
				t.Errorf("the hosts have %v points and %v hashes, want %v and %v", points, counts, c.Points, c.Counts)
			}
		})
	}
}

// TestRingOfEnvoyLookup is Envoy's BasicWithRetryHostPredicate and the lookups of Basic.
func TestRingOfEnvoyLookup(t *testing.T) {
	r := ring(t, hostsAt(90, 91, 92, 93, 94, 95), 12, DefaultMaxRing)
	tests := []struct {
		hash       uint64
		ineligible []uint32
		want       uint32
	}{
		{0, nil, 4},
		{math.MaxUint64, nil, 4},
		{3551244743356806947, nil, 5},
		{3551244743356806948, nil, 3},
		{16117243373044804880, nil, 0},
		{0, []uint32{4}, 2},
		{0, []uint32{4, 2}, 0},
		{16117243373044804889, []uint32{0}, 4}, // around the end
		{5583722120771150861, []uint32{1}, 3},  // over both points of one host
	}
	for _, test := range tests {
		if got, ok := r.Lookup(test.hash, without(6, test.ineligible...)); !ok || got != test.want {
			t.Errorf("%d without %v: host %d %v, want %d", test.hash, test.ineligible, got, ok, test.want)
		}
	}
}

// TestRingTooSmallForAll is Envoy's SmallFractionalScale; what comes after its end is ours.
func TestRingTooSmallForAll(t *testing.T) {
	r := ring(t, hostsAt(90, 91, 92, 93), 2, 2)
	with := map[uint32]bool{}
	for _, p := range r.points {
		with[p.host] = true
	}
	if len(r.points) != 2 || len(with) != 2 {
		t.Fatalf("the points are %v, want one of each of two hosts", r.points)
	}
	for only := range uint32(4) {
		eligible := NewSet(4)
		eligible.Add(only)
		if got, ok := r.Lookup(r.Hash("key"), eligible); !ok || got != only {
			t.Errorf("only host %d is eligible: %d %v", only, got, ok)
		}
	}
}

func TestMaglevOfEnvoy(t *testing.T) {
	vectors := read[struct {
		Cases []struct {
			Name    string
			M       int
			Keys    []string
			Weights []uint32
			Table   []uint32 `json:"table_idx"`
		}
		Retry struct {
			Case string
			H    uint64
			Want map[uint64]uint32 `json:"attempt_to_idx"`
		}
	}](t, "maglev_envoy.json")
	if len(vectors.Cases) == 0 || len(vectors.Retry.Want) == 0 {
		t.Fatal("no values")
	}
	for _, c := range vectors.Cases {
		t.Run(c.Name, func(t *testing.T) {
			m := maglev(t, listed(c.Keys, c.Weights), c.M)
			for slot, want := range c.Table {
				// Any number with that remainder will do.
				if got, ok := m.Lookup(uint64(slot+1000*c.M), nil); !ok || got != want {
					t.Errorf("slot %d belongs to %d %v, want %d", slot, got, ok, want)
				}
			}
			if c.Name != vectors.Retry.Case {
				return
			}
			for attempt, want := range vectors.Retry.Want {
				if got := m.attempt(vectors.Retry.H, attempt); got != want {
					t.Errorf("attempt %d meets %d, want %d", attempt, got, want)
				}
			}
			eligible := NewSet(len(c.Keys))
			eligible.Add(vectors.Retry.Want[2])
			if got, ok := m.Lookup(vectors.Retry.H, eligible); !ok || got != vectors.Retry.Want[2] {
				t.Errorf("the third attempt is the first eligible, but %d %v was found", got, ok)
			}
		})
	}
}

func TestSizesAreChecked(t *testing.T) {
	tests := []struct {
		name string
		make func() error
		want string // in the error; empty: none
	}{
		{"ring", func() error { _, err := NewRing(nil, 1, 1); return err }, ""},
		{"ring at the limit", func() error { _, err := NewRing(nil, MaxRing, MaxRing); return err }, ""},
		{"no minimum", func() error { _, err := NewRing(nil, 0, 10); return err }, "between 1 and 8388608"},
		{"minimum over the limit", func() error { _, err := NewRing(nil, MaxRing+1, MaxRing+1); return err }, "minimum size 8388609"},
		{"maximum below minimum", func() error { _, err := NewRing(nil, 20, 10); return err }, "maximum size 10 is not between the minimum, 20, and 8388608"},
		{"maximum over the limit", func() error { _, err := NewRing(nil, 1, MaxRing+1); return err }, "maximum size 8388609"},
		{"maglev", func() error { _, err := NewMaglev(nil, DefaultMaglevSize); return err }, ""},
		{"smallest maglev", func() error { _, err := NewMaglev(hostsOf(3), 2); return err }, ""},
		{"largest maglev", func() error { _, err := NewMaglev(nil, MaxMaglevSize); return err }, ""},
		{"not prime", func() error { _, err := NewMaglev(nil, 8); return err }, "size 8 is not a prime up to 5000011"},
		{"a square of a prime", func() error { _, err := NewMaglev(nil, 49); return err }, "size 49"},
		{"one", func() error { _, err := NewMaglev(nil, 1); return err }, "size 1"},
		{"nothing", func() error { _, err := NewMaglev(nil, 0); return err }, "size 0"},
		{"negative", func() error { _, err := NewMaglev(nil, -7); return err }, "size -7"},
		{"prime over the limit", func() error { _, err := NewMaglev(nil, 5_000_077); return err }, "size 5000077"},
	}
	for _, test := range tests {
		err := test.make()
		if test.want == "" && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q in it", test.name, err, test.want)
		}
	}
}

func hostsAt(ports ...int) []Host {
	hosts := make([]Host, len(ports))
	for i, port := range ports {
		hosts[i] = Host{fmt.Sprintf("127.0.0.1:%d", port), 1}
	}
	return hosts
}

// without returns the set of so many hosts but for those named.
func without(hosts int, ineligible ...uint32) Set {
	eligible := NewSet(hosts)
	for i := range uint32(hosts) {
		if !slices.Contains(ineligible, i) {
			eligible.Add(i)
		}
	}
	return eligible
}
