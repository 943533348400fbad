package balancer

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestErrorsOfSelect(t *testing.T) {
	lb := New()
	must(t, lb.Register("empty", nil, RoundRobin))
	must(t, lb.Register("weightless", []Endpoint{{Address: "a", Weight: Weightless}}, RoundRobin))
	must(t, lb.Register("dead", []Endpoint{{Address: "a"}}, LeastConnections))
	must(t, lb.MarkHealth("dead", "a", false))
	tests := []struct {
		service string
		want    error
		also    error
	}{
		{"missing", ErrUnknownService, nil},
		{"empty", ErrNoBackends, ErrNoHealthyBackend},
		{"weightless", ErrNoHealthyBackend, nil},
		{"dead", ErrNoHealthyBackend, nil},
	}
	for _, test := range tests {
		_, one := lb.Select(test.service)
		_, with := lb.SelectWith(test.service, Pick{})
		_, many := lb.SelectMany(test.service, Pick{}, 2)
		_, _, acquired := lb.SelectAndAcquire(test.service, Pick{})
		for _, err := range []error{one, with, many, acquired} {
			if !errors.Is(err, test.want) || test.also != nil && !errors.Is(err, test.also) {
				t.Errorf("select of service %q: %v, want %v", test.service, err, test.want)
			}
		}
	}
}

func TestRegisterRefusesAndChangesNothing(t *testing.T) {
	tests := []struct {
		name      string
		endpoints []Endpoint
		strategy  Strategy
	}{
		{"no address", []Endpoint{{ID: "x"}}, RoundRobin},
		{"weight below the range", []Endpoint{{Address: "a", Weight: -2}}, RoundRobin},
		{"weight above the range", []Endpoint{{Address: "a", Weight: 65536}}, RoundRobin},
		{"verdict that there is not", []Endpoint{{Address: "a", Registry: 9}}, RoundRobin},
		{"strategy that there is not", []Endpoint{{Address: "a"}}, "fastest"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lb := weighted(t, RoundRobin, 1, 1)
			before, _ := lb.Summary("s")
			if err := lb.Register("s", test.endpoints, test.strategy); err == nil {
				t.Error("register took it")
			}
			if test.strategy == RoundRobin {
				if _, err := lb.UpdateBackends("s", test.endpoints); err == nil {
					t.Error("update took it")
				}
			}
			if after, _ := lb.Summary("s"); after != before {
				t.Errorf("%+v became %+v", before, after)
			}
		})
	}
}

func TestDuplicatesBecomeOne(t *testing.T) {
	lb := New()
	must(t, lb.Register("s", []Endpoint{{Address: "a", ID: "1"}, {Address: "b"}, {Address: "a", ID: "2"}}, RoundRobin))
	s, err := lb.GroupSnapshot("s")
	must(t, err)
	if len(s.Backends) != 2 || s.Backends[0].ID != "1" {
		t.Errorf("got %+v, want a once, as it came first, and b", s.Backends)
	}
}

func TestReRegisteringIsAFreshStart(t *testing.T) {
	lb := weighted(t, RoundRobin, 1, 1)
	must(t, lb.MarkHealth("s", "a", false))
	acquire(t, lb, "b")
	before, _ := lb.Summary("s")
	must(t, lb.Register("s", weightedEndpoints(1, 1), RoundRobin))
	s, err := lb.GroupSnapshot("s")
	must(t, err)
	for _, b := range s.Backends {
		if !b.Healthy || b.ConsecutiveFailures != 0 || b.ActiveConnections != 0 {
			t.Errorf("%+v is not fresh", b)
		}
	}
	if s.Index <= before.Index {
		t.Errorf("the index went from %d to %d", before.Index, s.Index)
	}
}

func TestUpdateSaysWhatChanged(t *testing.T) {
	lb := New()
	must(t, lb.Register("s", []Endpoint{{Address: "a"}, {Address: "b", Weight: 2}, {Address: "c", Zone: "z"}}, RoundRobin))
	diff, err := lb.UpdateBackends("s", []Endpoint{{Address: "c", Zone: "z"}, {Address: "d"}, {Address: "b", Weight: 3}})
	must(t, err)
	want := Diff{Added: []string{"d"}, Removed: []string{"a"}, Changed: []string{"b"}}
	if fmt.Sprint(diff) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", diff, want)
	}
}

func add(e Endpoint) func(*LoadBalancer) error {
	return func(lb *LoadBalancer) error {
		_, err := lb.AddBackend("s", e)
		return err
	}
}

func TestIndexFollowsWhatItShould(t *testing.T) {
	tests := []struct {
		name   string
		change func(*LoadBalancer) error
		raises bool
	}{
		{"a new backend", add(Endpoint{Address: "x"}), true},
		{"a backend that leaves", func(lb *LoadBalancer) error { return lb.RemoveBackend("s", "a") }, true},
		{"an attribute", add(Endpoint{Address: "a", Zone: "z"}), true},
		{"a registry verdict", add(Endpoint{Address: "a", Registry: RegistryWarning}), true},
		{"an active verdict", func(lb *LoadBalancer) error { return lb.MarkHealth("s", "a", false) }, true},
		{"a drain", func(lb *LoadBalancer) error { return lb.SetAdmin("s", "a", AdminDrain) }, true},
		{"staleness", func(lb *LoadBalancer) error { return lb.SetStale("s", true) }, true},
		{"a strategy", func(lb *LoadBalancer) error { return lb.Configure("s", Settings{Strategy: LeastConnections}) }, true},
		{"the same list", func(lb *LoadBalancer) error {
			_, err := lb.UpdateBackends("s", weightedEndpoints(1, 1))
			return err
		}, false},
		{"the same backend", add(Endpoint{Address: "a"}), false},
		{"the same staleness", func(lb *LoadBalancer) error { return lb.SetStale("s", false) }, false},
		{"a failed probe below the threshold", func(lb *LoadBalancer) error {
			return lb.RecordCheck("s", "a", false, CheckUnknown)
		}, false},
		{"an outcome", func(lb *LoadBalancer) error { return lb.ReportOutcome("s", "a", false, 0) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var told []uint64
			lb := New(FirstIndex(1000), OnPublish(func(_ string, index uint64) { told = append(told, index) }))
			must(t, lb.Register("s", weightedEndpoints(1, 1), RoundRobin))
			before, _ := lb.Summary("s")
			must(t, test.change(lb))
			after, _ := lb.Summary("s")
			if raised := after.Index > before.Index; raised != test.raises {
				t.Errorf("the index went from %d to %d", before.Index, after.Index)
			}
			if told[0] <= 1000 || told[len(told)-1] != after.Index {
				t.Errorf("told of the indexes %v, the last is %d", told, after.Index)
			}
		})
	}
}

func TestChangesToWhatIsNotThere(t *testing.T) {
	lb := weighted(t, RoundRobin, 1)
	changes := map[string]func(service, address string) error{
		"remove": lb.RemoveBackend,
		"mark":   func(s, a string) error { return lb.MarkHealth(s, a, true) },
		"record": func(s, a string) error { return lb.RecordCheck(s, a, true, CheckOK) },
		"forget": lb.ForgetChecks,
		"report": func(s, a string) error { return lb.ReportOutcome(s, a, true, 0) },
		"drain":  func(s, a string) error { return lb.SetAdmin(s, a, AdminDrain) },
	}
	for name, change := range changes {
		if err := change("s", "x"); !errors.Is(err, ErrUnknownBackend) {
			t.Errorf("%s of an unknown backend: %v", name, err)
		}
		if err := change("x", "a"); !errors.Is(err, ErrUnknownService) {
			t.Errorf("%s in an unknown service: %v", name, err)
		}
	}
	if err := lb.Unregister("x"); !errors.Is(err, ErrUnknownService) {
		t.Errorf("unregister of an unknown service: %v", err)
	}
}

func TestDrainHolds(t *testing.T) {
	lb := weighted(t, RoundRobin, 1, 1)
	must(t, lb.SetAdmin("s", "a", AdminDrain))
	if got := sequence(t, lb, 3); got != "bbb" {
		t.Errorf("with a drained the picks were %s", got)
	}
	must(t, lb.MarkHealth("s", "a", true))
	must(t, lb.RemoveBackend("s", "a"))
	must(t, add(Endpoint{Address: "a"})(lb))
	if got := sequence(t, lb, 3); got != "bbb" {
		t.Errorf("with a drained, gone and back the picks were %s", got)
	}
	must(t, lb.SetAdmin("s", "a", AdminReady))
	if got := lb.HealthyCount("s"); got != 2 {
		t.Errorf("%d healthy after the drain ended, want 2", got)
	}
}

func TestMarkHealthCounts(t *testing.T) {
	lb := weighted(t, RoundRobin, 1)
	failures := func() int {
		s, err := lb.GroupSnapshot("s")
		must(t, err)
		return s.Backends[0].ConsecutiveFailures
	}
	for want := 1; want <= 3; want++ {
		must(t, lb.MarkHealth("s", "a", false))
		if got := failures(); got != want {
			t.Errorf("%d failures after %d marks", got, want)
		}
	}
	must(t, lb.ReportOutcome("s", "a", false, 0))
	if got := failures(); got != 3 {
		t.Errorf("a report was counted as a probe: %d", got)
	}
	must(t, lb.MarkHealth("s", "a", true))
	if got := failures(); got != 0 {
		t.Errorf("%d failures after a success", got)
	}
}

func TestReleaseCountsOnce(t *testing.T) {
	lb := weighted(t, LeastConnections, 1)
	release := acquire(t, lb, "a")
	acquire(t, lb, "a")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(release)
	}
	wait.Wait()
	b, err := lb.Select("s")
	must(t, err)
	if got := b.ActiveConnections(); got != 1 {
		t.Errorf("%d active connections after one of two was released eight times, want 1", got)
	}
}

// kept is what must not change about a backend whose address stays.
type kept struct {
	backend  *Backend
	active   int
	failures int
	reported int
	verdicts Verdicts
}

func keptState(lb *LoadBalancer) map[string]kept {
	v := lb.groups.get("s").view.Load()
	state := make(map[string]kept, len(v.members))
	for i := range v.members {
		m := &v.members[i]
		verdicts := m.verdicts
		verdicts.Registry = RegistryNone // that one is the source's to change
		state[m.backend.address] = kept{
			m.backend, m.backend.ActiveConnections(), m.backend.ConsecutiveFailures(),
			m.backend.ReportedFailures(), verdicts,
		}
	}
	return state
}

func TestUpdatesKeepState(t *testing.T) {
	endpoint := rapid.Custom(func(t *rapid.T) Endpoint {
		return Endpoint{
			Address:  letter(rapid.IntRange(0, 15).Draw(t, "address")),
			Weight:   rapid.IntRange(Weightless, 4).Draw(t, "weight"),
			Zone:     rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "zone"),
			Registry: RegistryVerdict(rapid.IntRange(0, 4).Draw(t, "registry")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		lb := New()
		if err := lb.Register("s", nil, rapid.SampledFrom(Strategies()).Draw(t, "strategy")); err != nil {
			t.Fatal(err)
		}
		for range 100 { // and 100 checks of this property: 10,000 updates
			before := keptState(lb)
			list := rapid.SliceOfN(endpoint, 0, 12).Draw(t, "list")
			if _, err := lb.UpdateBackends("s", list); err != nil {
				t.Fatal(err)
			}
			after := keptState(lb)
			for address, was := range before {
				if is, stays := after[address]; stays && is != was {
					t.Fatalf("%s: %+v became %+v", address, was, is)
				}
			}
			disturb(t, lb)
		}
	})
}

// disturb gives one backend something to remember.
func disturb(t *rapid.T, lb *LoadBalancer) {
	v := lb.groups.get("s").view.Load()
	if len(v.members) == 0 {
		return
	}
	b := v.members[rapid.IntRange(0, len(v.members)-1).Draw(t, "disturbed")].backend
	b.Acquire()
	for _, err := range []error{
		lb.MarkHealth("s", b.address, rapid.Bool().Draw(t, "healthy")),
		lb.ReportOutcome("s", b.address, rapid.Bool().Draw(t, "success"), 0),
		lb.SetAdmin("s", b.address, AdminVerdict(rapid.IntRange(0, 1).Draw(t, "admin"))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnhealthyIsNeverPicked(t *testing.T) {
	for _, strategy := range Strategies() {
		t.Run(string(strategy), rapid.MakeCheck(func(t *rapid.T) {
			n := rapid.IntRange(1, 8).Draw(t, "backends")
			lb := New()
			if err := lb.Register("s", weightedEndpoints(slices.Repeat([]int{1}, n)...), strategy); err != nil {
				t.Fatal(err)
			}
			healthy := make(map[string]bool)
			for i := range n {
				healthy[letter(i)] = rapid.Bool().Draw(t, "healthy")
				if err := lb.MarkHealth("s", letter(i), healthy[letter(i)]); err != nil {
					t.Fatal(err)
				}
			}
			exclude := []string{letter(rapid.IntRange(0, n-1).Draw(t, "exclude"))}
			for range 2 * n {
				if b, err := lb.Select("s"); err == nil && !healthy[b.Address()] {
					t.Fatalf("picked %s, which is dead", b.Address())
				}
				s, err := lb.SelectWith("s", Pick{Exclude: exclude})
				if err == nil && (!healthy[s.Address()] || s.Address() == exclude[0]) {
					t.Fatalf("picked %s without %v", s.Address(), exclude)
				}
			}
		}))
	}
}

func TestSelectManyGivesDifferentOnes(t *testing.T) {
	for _, strategy := range Strategies() {
		lb := weighted(t, strategy, 1, 2, 3, 0, 5)
		acquire(t, lb, "e")
		for n := 1; n <= 6; n++ {
			chosen, err := lb.SelectMany("s", Pick{Exclude: []string{"b"}}, n)
			must(t, err)
			seen := make(map[string]bool)
			for _, s := range chosen {
				seen[s.Address()] = true
			}
			if len(seen) != len(chosen) || len(chosen) != min(n, 3) || seen["b"] || seen["d"] {
				t.Errorf("%s: %d of a, c and e gave %v", strategy, n, seen)
			}
		}
	}
}

func TestSelectManyOfLeastConnectionsIsBestFirst(t *testing.T) {
	lb := weighted(t, LeastConnections, 1, 1, 1)
	for address, n := range map[string]int{"a": 9, "b": 5, "c": 1} {
		for range n {
			acquire(t, lb, address)
		}
	}
	chosen, err := lb.SelectMany("s", Pick{}, 3)
	must(t, err)
	for i, want := range []string{"c", "b", "a"} {
		if chosen[i].Address() != want {
			t.Errorf("place %d is %s, want %s", i, chosen[i].Address(), want)
		}
	}
}

func TestExclusionDoesNotFavourTheNeighbour(t *testing.T) {
	for _, strategy := range Strategies() {
		if strategy.Hashes() {
			continue // those walk on as their models do, see TestKeysStayWhereTheyAre
		}
		lb := weighted(t, strategy, 1, 1, 1, 1, 1)
		counts := make(map[string]int)
		for range 4000 {
			s, err := lb.SelectWith("s", Pick{Exclude: []string{"b"}})
			must(t, err)
			counts[s.Address()]++
		}
		for _, address := range []string{"a", "c", "d", "e"} {
			// 1,000 expected; a neighbour that inherited b's share would have 1,600.
			if counts[address] < 850 || counts[address] > 1150 {
				t.Errorf("%s: without b the picks are %v", strategy, counts)
			}
		}
	}
}

func TestSelectionTellsItsAttributes(t *testing.T) {
	lb := New()
	must(t, lb.Register("s", []Endpoint{{
		Address: "a", ID: "one", Weight: 7, Zone: "z",
		Tags: []string{"t"}, Meta: map[string]string{"k": "v"},
	}}, RoundRobin))
	must(t, lb.SetStale("s", true))
	s, err := lb.SelectWith("s", Pick{})
	must(t, err)
	got := fmt.Sprintln(s.Address(), s.ID(), s.Weight(), s.Zone(), s.Tags(), s.Meta(), s.Stale())
	if want := "a one 7 z [t] map[k:v] true\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReadyEndsADrainOfABackendThatIsAway(t *testing.T) {
	lb := weighted(t, RoundRobin, 1, 1)
	must(t, lb.SetAdmin("s", "a", AdminDrain))
	must(t, lb.RemoveBackend("s", "a"))
	must(t, lb.SetAdmin("s", "a", AdminReady))
	must(t, add(Endpoint{Address: "a"})(lb))
	if got := lb.HealthyCount("s"); got != 2 {
		t.Errorf("%d healthy, want 2", got)
	}
	if err := lb.SetAdmin("s", "x", AdminReady); !errors.Is(err, ErrUnknownBackend) {
		t.Errorf("ready of what was never drained: %v", err)
	}
}
