package balancer

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSpreadIsEnvoys holds the loads that Envoy's documentation (arch_overview, load balancing,
// priority levels and panic threshold) gives for its rule.
func TestSpreadIsEnvoys(t *testing.T) {
	type counts [2]int // healthy, members
	tests := []struct {
		tiers     []counts
		threshold int
		want      string // load of each tier, "!" for panic
	}{
		// two priorities, health in percent
		{[]counts{{100, 100}, {100, 100}}, 50, "100 0"},
		{[]counts{{72, 100}, {72, 100}}, 50, "100 0"},
		{[]counts{{71, 100}, {71, 100}}, 50, "99 1"},
		{[]counts{{50, 100}, {50, 100}}, 50, "70 30"},
		{[]counts{{25, 100}, {100, 100}}, 50, "35 65"},
		{[]counts{{25, 100}, {25, 100}}, 0, "50 50"},
		{[]counts{{0, 100}, {25, 100}}, 0, "0 100"},
		// three priorities
		{[]counts{{100, 100}, {100, 100}, {100, 100}}, 50, "100 0 0"},
		{[]counts{{50, 100}, {50, 100}, {50, 100}}, 50, "70 30 0"},
		{[]counts{{72, 100}, {72, 100}, {100, 100}}, 50, "100 0 0"},
		{[]counts{{71, 100}, {71, 100}, {100, 100}}, 50, "99 1 0"},
		{[]counts{{25, 100}, {25, 100}, {100, 100}}, 0, "35 35 30"},
		{[]counts{{10, 100}, {10, 100}, {10, 100}}, 0, "34 33 33"}, // 14 of 42 each, rounding to the first
		{[]counts{{5, 100}, {0, 100}, {0, 100}}, 0, "100 0 0"},
		// panic is looked at only when all together have less than 100
		{[]counts{{72, 100}, {10, 100}}, 50, "100 0"},
		{[]counts{{20, 100}, {60, 100}}, 50, "28 72"},
		{[]counts{{20, 100}, {30, 100}}, 50, "50! 50!"},
		{[]counts{{5, 100}, {51, 100}}, 50, "9! 91"}, // 7 and 71 of 78
		// all in panic: by members
		{[]counts{{0, 100}, {0, 100}}, 50, "50! 50!"},
		{[]counts{{0, 30}, {0, 10}}, 50, "75! 25!"},
		{[]counts{{0, 1}, {0, 2}}, 50, "34! 66!"},
		// nothing and nobody
		{[]counts{{0, 100}, {0, 100}}, 0, "0 0"},
		{[]counts{{0, 0}, {1, 1}}, 50, "0 100"},
		{[]counts{{1, 3}}, 50, "100!"},
		{[]counts{{1, 2}}, 50, "100"},
		{[]counts{{49, 100}}, 50, "100!"},
		{nil, 50, ""},
	}
	for _, test := range tests {
		var tiers []tier
		for i, c := range test.tiers {
			tiers = append(tiers, tier{priority: uint8(i), healthy: c[0], members: c[1]})
		}
		spread(tiers, test.threshold)
		var got strings.Builder
		for i, t := range tiers {
			if i > 0 {
				got.WriteString(" ")
			}
			got.WriteString(fmt.Sprint(t.load))
			if t.panics {
				got.WriteString("!")
			}
		}
		if got.String() != test.want {
			t.Errorf("healthy of members %v, threshold %d%%: loads %s, want %s", test.tiers, test.threshold, got.String(), test.want)
		}
	}
}

func TestLoadsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tiers := make([]tier, rapid.IntRange(1, 5).Draw(t, "tiers"))
		healthy, members := 0, 0
		for i := range tiers {
			tiers[i].members = rapid.IntRange(0, 30).Draw(t, "members")
			tiers[i].healthy = rapid.IntRange(0, tiers[i].members).Draw(t, "healthy")
			healthy += tiers[i].healthy
			members += tiers[i].members
		}
		threshold := rapid.IntRange(0, 100).Draw(t, "threshold")
		spread(tiers, threshold)
		sum := 0
		for _, tier := range tiers {
			sum += tier.load
			if tier.load > 0 && tier.healthy == 0 && !tier.panics {
				t.Fatalf("a dead tier gets load: %+v", tiers)
			}
		}
		want := 100
		if members == 0 || healthy == 0 && threshold == 0 {
			want = 0
		}
		if sum != want {
			t.Fatalf("loads add up to %d, want %d: %+v", sum, want, tiers)
		}
	})
}

func TestTiersServeInOrder(t *testing.T) {
	lb := New()
	must(t, lb.Register("s", []Endpoint{{Address: "a"}, {Address: "b"}, {Address: "c", Priority: 1}, {Address: "d", Priority: 1}}, RoundRobin))
	regime := func() Regime {
		s, err := lb.GroupSnapshot("s")
		must(t, err)
		return s.Regime
	}
	if got := tally(t, lb, 100); got["c"]+got["d"] > 0 || regime() != Normal {
		t.Errorf("with a whole first tier the picks are %v, the regime %s", got, regime())
	}
	must(t, lb.MarkHealth("s", "a", false)) // health 70
	got := tally(t, lb, 2000)
	if got["a"] > 0 || got["b"] < 1250 || got["b"] > 1550 || regime() != SpillOver {
		t.Errorf("with half of the first tier the picks are %v, the regime %s, want 70%% of b", got, regime())
	}
	must(t, lb.MarkHealth("s", "b", false))
	if got := tally(t, lb, 100); got["c"] != 50 || got["d"] != 50 || regime() != Failover {
		t.Errorf("without the first tier the picks are %v, the regime %s", got, regime())
	}
	many, err := lb.SelectMany("s", Pick{}, 4)
	must(t, err)
	if len(many) != 2 {
		t.Errorf("of two healthy backends %d were selected", len(many))
	}
}

func TestOneHealthyOfManyIsFound(t *testing.T) {
	lb := weighted(t, RoundRobin, slicesOfOnes(300)...) // 140 × 1 / 300 rounds to 0
	for i := 1; i < 300; i++ {
		must(t, lb.MarkHealth("s", letter(i), false))
	}
	if b, err := lb.Select("s"); err != nil || b.Address() != "a" {
		t.Errorf("the only healthy backend of 300 is not picked: %v", err)
	}
}

func slicesOfOnes(n int) []int {
	ones := make([]int, n)
	for i := range ones {
		ones[i] = 1
	}
	return ones
}

func TestPanic(t *testing.T) {
	lb := New()
	settings := Settings{Strategy: RoundRobin, PanicThreshold: 50}
	must(t, lb.RegisterWith("s", weightedEndpoints(1, 1, 1, 1, 0), settings))
	must(t, lb.MarkHealth("s", "a", false))
	must(t, lb.MarkHealth("s", "b", false))
	s, err := lb.SelectWith("s", Pick{})
	must(t, err)
	if s.Panic() || len(tally(t, lb, 100)) != 2 {
		t.Error("with half of the backends healthy and a threshold of 50% the group panics")
	}
	must(t, lb.MarkHealth("s", "c", false))
	must(t, lb.SetAdmin("s", "d", AdminDrain))
	s, err = lb.SelectWith("s", Pick{})
	must(t, err)
	if got := tally(t, lb, 300); !s.Panic() || got["a"] != 100 || got["b"] != 100 || got["c"] != 100 {
		t.Errorf("in a panic the picks are %v, want all but the drained one", got)
	}
	for _, address := range []string{"a", "b", "c"} {
		must(t, lb.SetAdmin("s", address, AdminDrain))
	}
	if b, err := lb.Select("s"); err == nil {
		t.Errorf("%s was picked, and all are drained", b.Address())
	}
}
