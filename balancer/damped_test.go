package balancer

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// dampedGroup registers three backends and damps some of them.
func dampedGroup(t testing.TB, s Strategy, damped ...string) *LoadBalancer {
	t.Helper()
	lb := New()
	if err := lb.Register("web", []Endpoint{{Address: "a"}, {Address: "b"}, {Address: "c"}}, s); err != nil {
		t.Fatal(err)
	}
	for _, address := range damped {
		if changed, err := lb.SetDamped("web", address, true); err != nil || !changed {
			t.Fatalf("SetDamped = %v, %v", changed, err)
		}
	}
	return lb
}

// TestDampedAreLeftAlone has a row for what can be the matter with the others, for every strategy.
func TestDampedAreLeftAlone(t *testing.T) {
	down := func(addresses ...string) func(*testing.T, *LoadBalancer) {
		return func(t *testing.T, lb *LoadBalancer) {
			for _, address := range addresses {
				if err := lb.MarkHealth("web", address, false); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	tests := []struct {
		name   string
		damped []string
		change func(*testing.T, *LoadBalancer)
		want   string
	}{
		{"one of three", []string{"a"}, down(), "bc"},
		{"one other fails", []string{"a"}, down("b"), "c"},
		{"all others fail", []string{"a"}, down("b", "c"), "a"},
		{"all are damped", []string{"a", "b", "c"}, down(), "abc"},
		{"all are damped and one fails", []string{"a", "b", "c"}, down("b"), "ac"},
		{"it fails too", []string{"a"}, down("a", "b", "c"), ErrNoHealthyBackend.Error()},
		{"panic", []string{"a"}, func(t *testing.T, lb *LoadBalancer) {
			down("b")(t, lb)
			settings := lb.groups.get("web").view.Load().settings
			with := *settings
			with.PanicThreshold = 50
			if err := lb.Configure("web", with); err != nil {
				t.Fatal(err)
			}
		}, "abc"},
	}
	for _, s := range Strategies() {
		for _, test := range tests {
			t.Run(fmt.Sprintf("%s/%s", s, test.name), func(t *testing.T) {
				lb := dampedGroup(t, s, test.damped...)
				test.change(t, lb)
				got, _ := picked(t, lb, Pick{}, 200)
				if !strings.HasPrefix(got, test.want) || !strings.Contains(test.want, " ") && got != test.want {
					t.Errorf("picked %s, want %s", got, test.want)
				}
			})
		}
	}
}

func TestDampedAreTheReserveOfExclusions(t *testing.T) {
	lb := dampedGroup(t, RoundRobin, "a")
	s, err := lb.SelectWith("web", Pick{Exclude: []string{"b", "c"}})
	if err != nil || s.Address() != "a" {
		t.Errorf("without b and c: %s, %v, want a", s.Address(), err)
	}
}

func TestDampedShows(t *testing.T) {
	lb := dampedGroup(t, RoundRobin, "a")
	before, err := lb.GroupSnapshot("web")
	if err != nil {
		t.Fatal(err)
	}
	if b := before.Backends[0]; !b.Damped || !b.Healthy || before.HealthyCount != 3 {
		t.Errorf("%+v of %d healthy: want it damped and healthy, since no verdict is against it", b, before.HealthyCount)
	}
	_, e, err := lb.Explain("web", Pick{})
	if err != nil || e.Backends[0].Eligible || e.Backends[0].Reason != ReasonDamped {
		t.Errorf("explained as %+v, %v", e.Backends[0], err)
	}
	if changed, err := lb.SetDamped("web", "a", true); changed || err != nil {
		t.Errorf("damping again: %v, %v", changed, err)
	}
	if changed, err := lb.SetDamped("web", "a", false); !changed || err != nil {
		t.Errorf("letting go: %v, %v", changed, err)
	}
	after, err := lb.GroupSnapshot("web")
	if err != nil || after.Index <= before.Index || after.Backends[0].Damped {
		t.Errorf("after that: %+v, %v", after, err)
	}
	if _, err := lb.SetDamped("web", "d", true); err == nil {
		t.Error("an unknown backend was damped")
	}
}

// TestDampingOutlivesUpdates: the source's lists know nothing of it.
func TestDampingOutlivesUpdates(t *testing.T) {
	lb := dampedGroup(t, RoundRobin, "a")
	diff, err := lb.UpdateBackends("web", []Endpoint{{Address: "a", Weight: 3}, {Address: "b", Registry: RegistryCritical}})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(diff.Turned); got != "[b]" {
		t.Errorf("turned: %s, want the one that is critical now", got)
	}
	if err := lb.MarkHealth("web", "b", false); err != nil {
		t.Fatal(err)
	}
	if diff, err = lb.UpdateBackends("web", []Endpoint{{Address: "a"}, {Address: "b"}}); err != nil || diff.Turned != nil {
		t.Errorf("turned: %v, %v, want nobody, since its probe fails", diff.Turned, err)
	}
	if turned, err := lb.RecordProbe("web", "b", true, CheckOK); !turned || err != nil {
		t.Errorf("RecordProbe = %v, %v, want that it turned", turned, err)
	}
	if got, _ := picked(t, lb, Pick{}, 10); got != "b" {
		t.Errorf("picked %s, want b", got)
	}
}

// TestDampingLosesNobody: whatever is damped, a pick fails only where it would fail without damping, and a
// damped backend is picked only where no other one could be.
func TestDampingLosesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lb := New()
		addresses := []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "members")]
		var endpoints []Endpoint
		for _, address := range addresses {
			endpoints = append(endpoints, Endpoint{Address: address, Priority: rapid.IntRange(0, 1).Draw(t, "priority")})
		}
		strategy := rapid.SampledFrom([]Strategy{RoundRobin, LeastConnections, P2C, Random}).Draw(t, "strategy")
		if err := lb.Register("web", endpoints, strategy); err != nil {
			t.Fatal(err)
		}
		damped, healthy := map[string]bool{}, map[string]bool{}
		for _, address := range addresses {
			damped[address], healthy[address] = rapid.Bool().Draw(t, "damped"), rapid.Bool().Draw(t, "healthy")
			_, _ = lb.SetDamped("web", address, damped[address])
			_ = lb.MarkHealth("web", address, healthy[address])
		}
		others := false
		for _, address := range addresses {
			others = others || healthy[address] && !damped[address]
		}
		for range 5 {
			s, err := lb.Select("web")
			switch {
			case err == nil && (!healthy[s.Address()] || damped[s.Address()] && others):
				t.Fatalf("picked %s; healthy %v, damped %v", s.Address(), healthy, damped)
			case err != nil:
				for address, is := range healthy {
					if is {
						t.Fatalf("no pick: %v, though %s is healthy; damped %v", err, address, damped)
					}
				}
			}
		}
	})
}
