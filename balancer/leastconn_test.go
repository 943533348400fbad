package balancer

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestLeastLoadedWins(t *testing.T) {
	lb := weighted(t, LeastConnections, 1, 1, 1)
	for address, n := range map[string]int{"a": 9, "b": 5, "c": 1} {
		for range n {
			acquire(t, lb, address)
		}
	}
	if got := sequence(t, lb, 5); got != "ccccc" {
		t.Errorf("with 9, 5 and 1 active connections the picks were %s, want ccccc", got)
	}
}

// acquire takes a connection on the backend at that address.
func acquire(t testing.TB, lb *LoadBalancer, address string) (release func()) {
	t.Helper()
	v := lb.groups.get("s").view.Load()
	at := v.find(address)
	if at < 0 {
		t.Fatalf("no backend %s", address)
	}
	return v.members[at].backend.Acquire()
}

func TestLeastConnectionsTiesRotate(t *testing.T) {
	lb := weighted(t, LeastConnections, 1, 1, 1, 1)
	acquire(t, lb, "b")
	if got := sequence(t, lb, 6); got != "acdacd" {
		t.Errorf("ties were picked as %s, want acdacd", got)
	}
}

func TestLeastConnectionsFollowsWeights(t *testing.T) {
	lb := weighted(t, LeastConnections, 3, 1)
	counts := make(map[string]int)
	for range 400 {
		s, _, err := lb.SelectAndAcquire("s", Pick{})
		if err != nil {
			t.Fatal(err)
		}
		counts[s.Address()]++
	}
	if counts["a"] != 300 || counts["b"] != 100 {
		t.Errorf("400 connections over weights 3 and 1 became %v", counts)
	}
}

func TestAcquireAtOnceSpreads(t *testing.T) {
	lb := weighted(t, LeastConnections, 1, 1, 1, 1, 1, 1, 1, 1)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				if _, _, err := lb.SelectAndAcquire("s", Pick{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	snapshot, err := lb.GroupSnapshot("s")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range snapshot.Backends {
		if b.ActiveConnections != 100 {
			t.Errorf("%s has %d of 800 connections, want 100", b.Address, b.ActiveConnections)
		}
	}
}

// TestLoadTreeIsExact compares each pick with a look at all members, through any sequence of
// connections that begin and end and of backends that change.
func TestLoadTreeIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "backends")
		weights := rapid.SliceOfN(rapid.IntRange(0, 5), n, n).Draw(t, "weights")
		lb := New()
		if err := lb.Register("s", weightedEndpoints(weights...), LeastConnections); err != nil {
			t.Fatal(err)
		}
		var releases []func()
		t.Repeat(map[string]func(*rapid.T){
			"acquire": func(t *rapid.T) {
				if _, release, err := lb.SelectAndAcquire("s", Pick{}); err == nil {
					releases = append(releases, release)
				}
			},
			"acquire any": func(t *rapid.T) {
				v := lb.groups.get("s").view.Load()
				m := v.members[rapid.IntRange(0, n-1).Draw(t, "at")]
				releases = append(releases, m.backend.Acquire())
			},
			"release": func(t *rapid.T) {
				if len(releases) > 0 {
					at := rapid.IntRange(0, len(releases)-1).Draw(t, "which")
					releases[at]() // perhaps for the second time
				}
			},
			"mark": func(t *rapid.T) {
				address := letter(rapid.IntRange(0, n-1).Draw(t, "at"))
				if err := lb.MarkHealth("s", address, rapid.Bool().Draw(t, "healthy")); err != nil {
					t.Fatal(err)
				}
			},
			"change strategy and back": func(t *rapid.T) {
				for _, s := range []Strategy{RoundRobin, LeastConnections} {
					if err := lb.Configure("s", Settings{Strategy: s}); err != nil {
						t.Fatal(err)
					}
				}
			},
			"": func(t *rapid.T) { checkLeastLoaded(t, lb) },
		})
	})
}

func checkLeastLoaded(t *rapid.T, lb *LoadBalancer) {
	v := lb.groups.get("s").view.Load()
	least, tied := 0.0, 0
	for i := range v.members {
		m := &v.members[i]
		if !m.usable() {
			continue
		}
		load := float64(m.backend.ActiveConnections()+1) / float64(m.weight)
		if tied == 0 || load < least {
			least, tied = load, 0
		}
		if load == least {
			tied++
		}
	}
	seen := make(map[*Backend]bool)
	for range tied {
		s, err := lb.SelectWith("s", Pick{})
		if err != nil {
			t.Fatalf("%d are least loaded, and select says %v", tied, err)
		}
		if load := float64(s.ActiveConnections()+1) / float64(s.Weight()); load != least {
			t.Fatalf("picked %s with load %v, the least is %v", s.Address(), load, least)
		}
		seen[s.Backend] = true
	}
	if len(seen) != tied {
		t.Fatalf("%d picks among %d that tie met %d of them", tied, tied, len(seen))
	}
	if _, err := lb.Select("s"); tied == 0 && err == nil {
		t.Fatal("a backend was picked though none is eligible")
	}
}
