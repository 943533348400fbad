package balancer

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLocalityLoadsEvenly lets callers in every zone select, as many in each, and compares the load of
// all backends.
func TestLocalityLoadsEvenly(t *testing.T) {
	tests := [][]int{{2, 2, 2}, {6, 2, 2}, {1, 3}, {1, 1, 8}, {5, 4, 3, 2, 1}, {10, 1}}
	for _, zones := range tests {
		t.Run(fmt.Sprint(zones), func(t *testing.T) {
			endpoints := zonedEndpoints(zones)
			counts := make(map[string]int)
			const each = 20_000
			for zone := range zones {
				lb := New()
				settings := Settings{Strategy: RoundRobin, Locality: Locality{Prefer: true, Zone: letter(zone)}}
				must(t, lb.RegisterWith("s", endpoints, settings))
				for address, n := range tally(t, lb, each) {
					counts[address] += n
				}
			}
			mean := float64(each*len(zones)) / float64(len(endpoints))
			for _, e := range endpoints {
				if got := float64(counts[e.Address]); math.Abs(got-mean) > 0.06*mean {
					t.Errorf("%s of zone %s has %v picks, the mean is %v", e.Address, e.Zone, got, mean)
				}
			}
		})
	}
}

func zonedEndpoints(zones []int) []Endpoint {
	var endpoints []Endpoint
	for zone, n := range zones {
		for i := range n {
			endpoints = append(endpoints, Endpoint{Address: fmt.Sprintf("%s%d", letter(zone), i), Zone: letter(zone)})
		}
	}
	return endpoints
}

func TestLocalityShares(t *testing.T) {
	tests := []struct {
		name  string
		zones []int
		own   string
		bias  float64
		want  string
	}{
		{"even zones stay at home", []int{2, 2}, "a", 0, "a 100 b 0"},
		{"a large zone stays at home", []int{6, 2}, "a", 0, "a 100 b 0"},
		{"a small zone spills over", []int{6, 2}, "b", 0, "b 50 a 50"},
		{"the rest goes where there is room", []int{6, 2, 2}, "b", 0, "b 60 a 40 c 0"},
		{"bias keeps more at home", []int{6, 2}, "b", 1.5, "b 75 a 25"},
		{"bias sends more away", []int{2, 2}, "a", 0.5, "a 50 b 50"},
		{"a zone without backends spreads by weight", []int{6, 2}, "z", 0, "a 75 b 25"},
		{"one zone", []int{3}, "a", 0, "a 100"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var zones []zoneShare
			for i, n := range test.zones {
				zones = append(zones, zoneShare{zone: letter(i), weight: float64(n)})
			}
			prefer(zones, test.own, test.bias)
			for i := range zones {
				want := fmt.Sprintf("%s %.0f", zones[i].zone, zones[i].share*100)
				if !strings.Contains(test.want, want) {
					t.Errorf("zone and percent are %q, want %s", want, test.want)
				}
			}
		})
	}
}

func TestLocalityFollowsHealth(t *testing.T) {
	lb := New()
	must(t, lb.RegisterWith("s", zonedEndpoints([]int{2, 2}), Settings{Strategy: RoundRobin, Locality: Locality{Prefer: true, Zone: "a"}}))
	must(t, lb.MarkHealth("s", "a0", false))
	got := tally(t, lb, 3000) // Z × 1/3: two thirds stay
	if got["a1"] < 1850 || got["a1"] > 2150 {
		t.Errorf("with half of the own zone the picks are %v, want two thirds of a1", got)
	}
	must(t, lb.MarkHealth("s", "a1", false))
	if got := tally(t, lb, 100); got["b0"] != 50 || got["b1"] != 50 {
		t.Errorf("without the own zone the picks are %v", got)
	}
}

// fakeClock is a time that tests move.
type fakeClock struct{ now time.Time }

func (c *fakeClock) read() time.Time { return c.now }

func TestSlowStart(t *testing.T) {
	clock := &fakeClock{time.Unix(0, 0)}
	lb := New(Clock(clock.read))
	settings := Settings{Strategy: RoundRobin, SlowStart: SlowStart{Window: 100 * time.Second}}
	must(t, lb.RegisterWith("s", weightedEndpoints(1, 1), settings))
	if got := tally(t, lb, 100); got["a"] != 50 {
		t.Errorf("a group that is new as a whole starts with %v", got)
	}
	must(t, add(Endpoint{Address: "c"})(lb))
	before, _ := lb.Summary("s")
	for _, step := range []struct {
		after time.Duration
		want  float64 // weight of c where the others have 1
	}{{0, 0.1}, {5 * time.Second, 0.1}, {50 * time.Second, 0.5}, {99 * time.Second, 0.99}, {100 * time.Second, 1}, {time.Hour, 1}} {
		clock.now = time.Unix(0, 0).Add(step.after)
		lb.Tick()
		got := tally(t, lb, 4200)
		if share, want := float64(got["c"])/4200, step.want/(2+step.want); math.Abs(share-want) > 0.01 {
			t.Errorf("%v after it came c has %.3f of the picks, want %.3f", step.after, share, want)
		}
	}
	if after, _ := lb.Summary("s"); after.Index != before.Index {
		t.Error("time that passed raised the index")
	}
	if len(lb.ramping.set) > 0 {
		t.Error("a group that has grown up is still looked after")
	}
	must(t, lb.MarkHealth("s", "a", false))
	must(t, lb.MarkHealth("s", "a", true))
	if got := tally(t, lb, 2100); got["a"] > 150 {
		t.Errorf("a backend that has just recovered gets its whole share: %v", got)
	}
}

func TestRamp(t *testing.T) {
	tests := []struct {
		s    SlowStart
		at   time.Duration
		want uint8
	}{
		{SlowStart{}, 0, 100},
		{SlowStart{Window: 10 * time.Second}, 0, 10},
		{SlowStart{Window: 10 * time.Second}, 5 * time.Second, 50},
		{SlowStart{Window: 10 * time.Second, Aggression: 2}, 2500 * time.Millisecond, 50},
		{SlowStart{Window: 10 * time.Second, Aggression: 0.5}, 5 * time.Second, 25},
		{SlowStart{Window: 10 * time.Second, MinPercent: 40}, time.Second, 40},
		{SlowStart{Window: 10 * time.Second}, 10 * time.Second, 100},
		{SlowStart{Window: 10 * time.Second}, -time.Second, 10},
	}
	for _, test := range tests {
		if got := test.s.ramp(test.at); got != test.want {
			t.Errorf("%+v after %v: %d%%, want %d%%", test.s, test.at, got, test.want)
		}
	}
}

// subsetOf returns which backends an agent of that id uses.
func subsetOf(t testing.TB, id string, size int, endpoints []Endpoint) map[string]bool {
	t.Helper()
	lb := New()
	must(t, lb.RegisterWith("s", endpoints, Settings{Strategy: RoundRobin, Subset: Subset{Size: size, Seed: id}}))
	used := make(map[string]bool)
	for address := range tally(t, lb, 3*len(endpoints)) {
		used[address] = true
	}
	return used
}

func TestSubsetIsStableAndEven(t *testing.T) {
	endpoints := weightedEndpoints(slicesOfOnes(100)...)
	uses := make(map[string]int)
	for agent := range 400 {
		id := fmt.Sprintf("agent-%d", agent)
		all := subsetOf(t, id, 20, endpoints)
		if len(all) != 20 {
			t.Fatalf("agent %s uses %d backends, want 20", id, len(all))
		}
		gone := agent % 100
		less := subsetOf(t, id, 20, append(append([]Endpoint{}, endpoints[:gone]...), endpoints[gone+1:]...))
		changed := 0
		for address := range all {
			uses[address]++
			if !less[address] {
				changed++
			}
		}
		if changed > 1 {
			t.Errorf("one backend that left changed %d of the subset of %s", changed, id)
		}
	}
	for address, n := range uses { // 80 expected, σ = 8
		if n < 48 || n > 112 {
			t.Errorf("%s is in %d of 400 subsets, want about 80", address, n)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	tests := []struct {
		settings Settings
		want     string
	}{
		{Settings{Strategy: "fastest"}, "allowed are round_robin"},
		{Settings{Strategy: RoundRobin, PanicThreshold: 130}, "130% is not between 0 and 100"},
		{Settings{Strategy: RingHash, Hash: Hash{MinRing: 4096, MaxRing: 1024}}, "4096 to 1024"},
		{Settings{Strategy: RingHash, Hash: Hash{MaxRing: 1 << 30}}, "within 1 to 8388608"},
		{Settings{Strategy: Maglev, Locality: Locality{Prefer: true}}, "locality and maglev"},
		{Settings{Strategy: Ketama, SlowStart: SlowStart{Window: 1}}, "slow start and ketama"},
		{Settings{Strategy: Rendezvous, Subset: Subset{Size: 1}}, "subset and rendezvous"},
		{Settings{Strategy: P2C, Subset: Subset{Size: -1}}, "subset size -1"},
		{Settings{Strategy: P2C, SlowStart: SlowStart{MinPercent: 101}}, "101%"},
	}
	for _, test := range tests {
		if err := test.settings.Check(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.settings, err, test.want)
		}
	}
	for _, strategy := range Strategies() {
		if err := (Settings{Strategy: strategy}).Check(); err != nil {
			t.Errorf("%s: %v", strategy, err)
		}
	}
}

// TestSharesFollowWeights holds for every strategy, where those that look at load get some: each pick
// stays active.
func TestSharesFollowWeights(t *testing.T) {
	weights := []int{1, 2, 3, 4}
	const picks = 20_000
	for _, strategy := range Strategies() {
		lb := weighted(t, strategy, weights...)
		counts := make(map[string]int)
		for i := range picks {
			s, _, err := lb.SelectAndAcquire("s", Pick{Key: fmt.Sprint("key-", i)})
			must(t, err)
			counts[s.Address()]++
		}
		for i, w := range weights {
			p := float64(w) / 10
			mean, sigma := p*picks, math.Sqrt(picks*p*(1-p))
			if strategy.Hashes() {
				sigma = math.Hypot(sigma, mean/15) // tables are uneven by themselves: ring sizes, points
			}
			if got := float64(counts[letter(i)]); math.Abs(got-mean) > 3*sigma {
				t.Errorf("%s: weight %d has %v of %d picks, want %v ± %v", strategy, w, got, picks, mean, 3*sigma)
			}
		}
	}
}

func TestIdleBackendsAreUsedByWeight(t *testing.T) {
	for _, strategy := range []Strategy{Random, P2C, PeakEWMA} {
		lb := weighted(t, strategy, 1, 3)
		got := tally(t, lb, 10_000)
		if got["a"] < 2300 || got["a"] > 2700 {
			t.Errorf("%s: without load, weights 1 and 3 were picked %v", strategy, got)
		}
	}
}

func TestP2CTakesTheLessLoaded(t *testing.T) {
	lb := weighted(t, P2C, 1, 1)
	acquire(t, lb, "a")
	if got := tally(t, lb, 100); got["b"] != 100 {
		t.Errorf("with a connection on a the picks are %v", got)
	}
}

func TestKeysStayWhereTheyAre(t *testing.T) {
	for _, strategy := range Strategies() {
		if !strategy.Hashes() {
			continue
		}
		lb := weighted(t, strategy, 1, 2, 1, 3, 1)
		before := make(map[string]string)
		for i := range 2000 {
			key := fmt.Sprint("key-", i)
			s, err := lb.SelectWith("s", Pick{Key: key})
			must(t, err)
			before[key] = s.Address()
		}
		table, ok := tableOf(t, lb)
		must(t, lb.MarkHealth("s", "b", false))
		for key, was := range before {
			s, err := lb.SelectWith("s", Pick{Key: key})
			must(t, err)
			if is := s.Address(); is == "b" || was != "b" && is != was {
				t.Fatalf("%s: with b dead %s moved from %s to %s", strategy, key, was, is)
			}
			other, err := lb.SelectWith("s", Pick{Key: key, Exclude: []string{s.Address()}})
			must(t, err)
			many, err := lb.SelectMany("s", Pick{Key: key}, 3)
			must(t, err)
			if many[0].Address() != s.Address() || many[1].Address() != other.Address() {
				t.Fatalf("%s: %s goes to %s, then %s, but in one select %s, %s", strategy, key,
					s.Address(), other.Address(), many[0].Address(), many[1].Address())
			}
		}
		if after, _ := tableOf(t, lb); !ok || after != table {
			t.Errorf("%s: a death changed the table from %v to %v", strategy, table, after)
		}
		if _, err := lb.Select("s"); err != nil {
			t.Errorf("%s: a fallback without a key: %v", strategy, err)
		}
		must(t, lb.Configure("s", Settings{Strategy: strategy}))
		if _, err := lb.Select("s"); err != ErrKeyRequired {
			t.Errorf("%s: without a key: %v", strategy, err)
		}
	}
}

func tableOf(t testing.TB, lb *LoadBalancer) (Table, bool) {
	t.Helper()
	s, err := lb.SelectWith("s", Pick{Key: "k"})
	must(t, err)
	return s.Table()
}

func TestTablesAreMadeForThoseWhoAskAndKeptUp(t *testing.T) {
	lb := weighted(t, Maglev, 1, 1, 1)
	made := func() bool {
		return lb.groups.get("s").view.Load().pools[0].picker.(*hashed).table.made.Load() != nil
	}
	if made() {
		t.Error("a table was made that nobody needs")
	}
	first, _ := tableOf(t, lb)
	must(t, add(Endpoint{Address: "x"})(lb))
	if !made() {
		t.Error("the next select would have to wait for its table")
	}
	must(t, lb.RemoveBackend("s", "x"))
	if again, _ := tableOf(t, lb); again != first {
		t.Error("the same members make another table")
	}
	must(t, add(Endpoint{Address: "a", Zone: "z"})(lb))
	if again, _ := tableOf(t, lb); again != first {
		t.Error("a change of zone makes another table")
	}
}

func TestExplainShowsThisVeryPick(t *testing.T) {
	for _, strategy := range Strategies() {
		t.Run(string(strategy), rapid.MakeCheck(func(t *rapid.T) {
			lb := New()
			settings := Settings{Strategy: strategy, PanicThreshold: rapid.SampledFrom([]int{0, 50}).Draw(t, "threshold")}
			var endpoints []Endpoint
			for i := range rapid.IntRange(1, 6).Draw(t, "backends") {
				endpoints = append(endpoints, Endpoint{
					Address:  letter(i),
					Weight:   rapid.IntRange(Weightless, 3).Draw(t, "weight"),
					Priority: rapid.IntRange(0, 1).Draw(t, "priority"),
				})
			}
			if err := lb.RegisterWith("s", endpoints, settings); err != nil {
				t.Fatal(err)
			}
			for _, e := range endpoints {
				if err := lb.MarkHealth("s", e.Address, rapid.Bool().Draw(t, "healthy")); err != nil {
					t.Fatal(err)
				}
			}
			p := Pick{Key: "k", Exclude: []string{letter(rapid.IntRange(0, 5).Draw(t, "exclude"))}}
			chosen, e, err := lb.Explain("s", p)
			checkExplanation(t, chosen, e, err, p)
		}))
	}
}

func checkExplanation(t *rapid.T, chosen Selection, e Explanation, err error, p Pick) {
	if e.Why == "" {
		t.Fatal("no word why")
	}
	if (err == nil) != (chosen.Backend != nil) || err != nil && e.Regime != Down && !strings.Contains(e.Why, "excluded") {
		t.Fatalf("chose %v in regime %s: %v, %s", chosen.Backend, e.Regime, err, e.Why)
	}
	winners := 0
	for _, c := range e.Backends {
		if c.Chosen {
			winners++
			if c.Address != chosen.Address() || !c.Eligible || c.Address == p.Exclude[0] || !strings.Contains(e.Why, c.Address) {
				t.Fatalf("chose %s, and says %+v", chosen.Address(), c)
			}
		}
		if !c.Eligible && c.Reason == "" {
			t.Fatalf("%s is not eligible, without a reason", c.Address)
		}
	}
	if err == nil && winners != 1 {
		t.Fatalf("%d winners", winners)
	}
}
