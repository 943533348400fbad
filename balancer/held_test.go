package balancer

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// heldEndpoints makes endpoints with one-letter addresses.
func heldEndpoints(listed, held string) (list []Endpoint) {
	for _, name := range listed {
		list = append(list, Endpoint{Address: string(name)})
	}
	for _, name := range held {
		list = append(list, Endpoint{Address: string(name), Held: true})
	}
	return list
}

// picked returns the addresses that n selections give, each once and sorted.
func picked(t testing.TB, lb *LoadBalancer, p Pick, n int) (addresses string, stale bool) {
	t.Helper()
	seen := map[string]bool{}
	for i := range n {
		if lb.groups.get("web").view.Load().input == byKey {
			p.Key = fmt.Sprint(i)
		}
		s, err := lb.SelectWith("web", p)
		if err != nil {
			return err.Error(), false
		}
		if s.Stale() != s.Held() {
			t.Errorf("%s is stale: %v, held: %v", s.Address(), s.Stale(), s.Held())
		}
		seen[s.Address()], stale = true, stale || s.Stale()
	}
	var list []string
	for address := range seen {
		list = append(list, address)
	}
	slices.Sort(list)
	for _, address := range list {
		addresses += address
	}
	return addresses, stale
}

// TestHeldComeLast has two listed backends a and b and two that are held, x and y, of every strategy.
func TestHeldComeLast(t *testing.T) {
	const service = "web"
	down := func(addresses ...string) func(*LoadBalancer) error {
		return func(lb *LoadBalancer) error {
			for _, address := range addresses {
				if err := lb.MarkHealth(service, address, false); err != nil {
					return err
				}
			}
			return nil
		}
	}
	drain := func(addresses ...string) func(*LoadBalancer) error {
		return func(lb *LoadBalancer) error {
			for _, address := range addresses {
				if err := lb.SetAdmin(service, address, AdminDrain); err != nil {
					return err
				}
			}
			return nil
		}
	}
	update := func(list []Endpoint) func(*LoadBalancer) error {
		return func(lb *LoadBalancer) error { _, err := lb.UpdateBackends(service, list); return err }
	}
	backup := Endpoint{Address: "c", Priority: 7}
	weightless := []Endpoint{{Address: "a", Weight: Weightless}, {Address: "x", Held: true}}
	tiered := []Endpoint{{Address: "x", Held: true}, {Address: "y", Held: true, Priority: 1}}
	tests := []struct {
		name      string
		panics    int // the threshold
		do        func(*LoadBalancer) error
		exclude   []string
		want      string
		stale     bool
		regime    Regime
		healthy   int
		backends  int
		heldCount int
	}{
		{name: "all is well", want: "ab", regime: Normal, healthy: 2, backends: 2, heldCount: 2},
		{name: "one listed fails", do: down("a"), want: "b", regime: Normal, healthy: 1, backends: 2, heldCount: 2},
		{name: "all listed fail", do: down("a", "b"), want: "xy", stale: true, regime: Withdrawn, backends: 2, heldCount: 2},
		{name: "all listed fail, one held too", do: down("a", "b", "x"), want: "y", stale: true, regime: Withdrawn, backends: 2, heldCount: 2},
		{name: "all fail", do: down("a", "b", "x", "y"), want: ErrNoHealthyBackend.Error(), regime: Down, backends: 2, heldCount: 2},
		{name: "all listed fail, panic", panics: 50, do: down("a", "b"), want: "ab", regime: Panic, backends: 2, heldCount: 2},
		{name: "held ones know no panic", panics: 50, do: func(lb *LoadBalancer) error {
			return cmpErr(update(heldEndpoints("", "xyz"))(lb), down("x", "y")(lb))
		}, want: "z", stale: true, regime: Withdrawn, heldCount: 3},
		{name: "listed ones are drained", do: drain("a", "b"), want: "xy", stale: true, regime: Withdrawn, backends: 2, heldCount: 2},
		{name: "held ones are drained", do: func(lb *LoadBalancer) error {
			return cmpErr(drain("x", "y")(lb), down("a", "b")(lb))
		}, want: ErrNoHealthyBackend.Error(), regime: Down, backends: 2, heldCount: 2},
		{name: "failover comes first", do: func(lb *LoadBalancer) error {
			return cmpErr(update(append(heldEndpoints("ab", "xy"), backup))(lb), down("a", "b")(lb))
		}, want: "c", regime: Failover, healthy: 1, backends: 3, heldCount: 2},
		{name: "a listed one of weight 0", do: update(weightless), want: "x", stale: true, regime: Withdrawn, healthy: 1, backends: 1, heldCount: 1},
		{name: "nothing is listed", do: update(heldEndpoints("", "xy")), want: "xy", stale: true, regime: Withdrawn, heldCount: 2},
		{name: "held ones keep their tiers", do: update(tiered), want: "x", stale: true, regime: Withdrawn, heldCount: 2},
		{name: "held ones fail over", do: func(lb *LoadBalancer) error {
			return cmpErr(update(tiered)(lb), down("x")(lb))
		}, want: "y", stale: true, regime: Withdrawn, heldCount: 2},
		{name: "listed again", do: update(heldEndpoints("abxy", "")), want: "abxy", regime: Normal, healthy: 4, backends: 4},
		{name: "one listed is excluded", exclude: []string{"a"}, want: "b", regime: Normal, healthy: 2, backends: 2, heldCount: 2},
		{name: "all listed are excluded", exclude: []string{"a", "b"}, want: "xy", stale: true, regime: Normal, healthy: 2, backends: 2, heldCount: 2},
		{name: "all are excluded", exclude: []string{"a", "b", "x", "y"}, want: ErrNoHealthyBackend.Error(), regime: Normal, healthy: 2, backends: 2, heldCount: 2},
	}
	for _, strategy := range Strategies() {
		for _, tt := range tests {
			t.Run(string(strategy)+"/"+tt.name, func(t *testing.T) {
				lb := New()
				must(t, lb.RegisterWith(service, heldEndpoints("abxy", ""), Settings{Strategy: strategy, PanicThreshold: tt.panics}))
				before, err := lb.Backend(service, "x")
				must(t, err)
				must(t, update(heldEndpoints("ab", "xy"))(lb))
				if tt.do != nil {
					must(t, tt.do(lb))
				}
				if got, stale := picked(t, lb, Pick{Exclude: tt.exclude}, 400); got != tt.want || stale != tt.stale {
					t.Errorf("picked %q, stale: %v, want %q, %v", got, stale, tt.want, tt.stale)
				}
				s, err := lb.Summary(service)
				must(t, err)
				if s.Regime != tt.regime || s.HealthyCount != tt.healthy || s.BackendCount != tt.backends || s.HeldCount != tt.heldCount {
					t.Errorf("the group is %+v", s)
				}
				if lb.BackendCount(service) != tt.backends || lb.HealthyCount(service) != tt.healthy {
					t.Errorf("%d backends, %d healthy", lb.BackendCount(service), lb.HealthyCount(service))
				}
				if now, _ := lb.Backend(service, "x"); now != nil && now != before {
					t.Error("x has lost its identity")
				}
			})
		}
	}
}

func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestHeldFillNoLists asks for several: a held one is no alternative to a listed one.
func TestHeldFillNoLists(t *testing.T) {
	for _, strategy := range Strategies() {
		lb := New()
		must(t, lb.Register("web", heldEndpoints("ab", "xyz"), strategy))
		for _, tt := range []struct {
			exclude []string
			want    []string
		}{
			{nil, []string{"a", "b"}},
			{[]string{"a"}, []string{"b"}},
			{[]string{"a", "b"}, []string{"x", "y", "z"}},
			{[]string{"a", "b", "y"}, []string{"x", "z"}},
		} {
			many, err := lb.SelectMany("web", Pick{Key: "k", Exclude: tt.exclude}, 9)
			must(t, err)
			var got []string
			for _, s := range many {
				got = append(got, s.Address())
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s, without %q: %q, want %q", strategy, tt.exclude, got, tt.want)
			}
		}
	}
}

// TestHeldMoveNoKeys has members of hashing strategies withdrawn: those that are left have the table that
// they have without anybody held, and where all are withdrawn, every key stays.
func TestHeldMoveNoKeys(t *testing.T) {
	where := func(lb *LoadBalancer) (places [500]string) {
		for i := range places {
			s, err := lb.SelectWith("s", Pick{Key: fmt.Sprint("key-", i)})
			must(t, err)
			places[i] = s.Address()
		}
		return places
	}
	for _, strategy := range Strategies() {
		if !strategy.Hashes() {
			continue
		}
		lb, bare := New(), New()
		must(t, lb.Register("s", heldEndpoints("abcdef", ""), strategy))
		must(t, bare.Register("s", heldEndpoints("ab", ""), strategy))
		before := where(lb)
		table, _ := tableOf(t, lb)
		for _, step := range []struct{ listed, held string }{{"ab", "cdef"}, {"", "abcdef"}, {"abcdef", ""}} {
			_, err := lb.UpdateBackends("s", heldEndpoints(step.listed, step.held))
			must(t, err)
			got, want := where(lb), before
			if step.listed == "ab" {
				want = where(bare)
			}
			if got != want {
				t.Errorf("%s: keys move with %q listed and %q held", strategy, step.listed, step.held)
			}
		}
		if again, _ := tableOf(t, lb); again != table {
			t.Errorf("%s: the table was %v and is %v", strategy, table, again)
		}
	}
}

// TestHeldAreNeverPreferred draws groups and verdicts: as long as a listed backend may be picked, nobody who
// is held is, alone or among many, and Explain says why.
func TestHeldAreNeverPreferred(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lb := New()
		var list []Endpoint
		for i := range rapid.IntRange(1, 8).Draw(t, "backends") {
			list = append(list, Endpoint{
				Address:  fmt.Sprint(i),
				Held:     rapid.Bool().Draw(t, "held"),
				Weight:   rapid.IntRange(-1, 3).Draw(t, "weight"),
				Priority: rapid.IntRange(0, 2).Draw(t, "priority"),
				Zone:     rapid.SampledFrom([]string{"a", "b"}).Draw(t, "zone"),
			})
		}
		settings := Settings{
			Strategy:       rapid.SampledFrom([]Strategy{RoundRobin, LeastConnections, P2C}).Draw(t, "strategy"),
			PanicThreshold: rapid.SampledFrom([]int{0, 50}).Draw(t, "panic threshold"),
			Locality:       Locality{Prefer: rapid.Bool().Draw(t, "local"), Zone: "a"},
		}
		noError(t, lb.RegisterWith("web", list, settings))
		able := map[bool]bool{} // by held: somebody may be picked
		for _, e := range list {
			ok := rapid.Bool().Draw(t, "ok")
			noError(t, lb.MarkHealth("web", e.Address, ok))
			able[e.Held] = able[e.Held] || ok && e.Weight >= 0 || !e.Held && settings.PanicThreshold > 0 && e.Weight >= 0
		}
		many, err := lb.SelectMany("web", Pick{}, len(list))
		if (err == nil) != (able[true] || able[false]) {
			t.Fatalf("selected %v, %v", many, err)
		}
		for _, s := range many {
			if s.Held() == able[false] {
				t.Fatalf("%s is held: %v, listed ones may be picked: %v", s.Address(), s.Held(), able[false])
			}
		}
		_, e, _ := lb.Explain("web", Pick{})
		for _, c := range e.Backends {
			if c.Held && able[false] && (c.Eligible || c.Reason == "") {
				t.Fatalf("%s is held, eligible: %v, because %q", c.Address, c.Eligible, c.Reason)
			}
		}
	})
}
