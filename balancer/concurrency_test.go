package balancer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// TestConcurrentEverything selects, acquires and updates at once; backends of different services
// must never mix, and one that is never touched must always be found.
func TestConcurrentEverything(t *testing.T) {
	const rounds = 3000
	lb := New()
	for _, strategy := range Strategies() {
		must(t, lb.RegisterWith(string(strategy), endpointsOf(strategy, 8), Settings{Strategy: strategy, Hash: Hash{RandomFallback: true}}))
	}
	var workers sync.WaitGroup
	for _, strategy := range Strategies() {
		service := string(strategy)
		for range 2 {
			workers.Go(func() {
				for range rounds {
					s, release, err := lb.SelectAndAcquire(service, Pick{})
					if err != nil {
						t.Errorf("select %s: %v", service, err)
						return
					}
					if s.Zone() != service {
						t.Errorf("select %s gave %s of %s", service, s.Address(), s.Zone())
					}
					release()
				}
			})
		}
		workers.Go(func() {
			for range rounds {
				err := mutate(lb, strategy)
				if err != nil && !errors.Is(err, ErrUnknownBackend) {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	for _, strategy := range Strategies() {
		s, err := lb.GroupSnapshot(string(strategy))
		must(t, err)
		for _, b := range s.Backends {
			if b.ActiveConnections != 0 {
				t.Errorf("%s of %s still has %d connections", b.Address, strategy, b.ActiveConnections)
			}
		}
	}
}

func endpointsOf(strategy Strategy, n int) []Endpoint {
	endpoints := make([]Endpoint, n)
	for i := range endpoints {
		endpoints[i] = Endpoint{Address: fmt.Sprintf("%s-%d", strategy, i), Zone: string(strategy), Weight: 1 + i%3}
	}
	return endpoints
}

// mutate changes anything but the first backend.
func mutate(lb *LoadBalancer, strategy Strategy) error {
	service := string(strategy)
	all := endpointsOf(strategy, 8)
	other := all[1+rand.IntN(len(all)-1)]
	switch rand.IntN(6) {
	case 0:
		_, err := lb.UpdateBackends(service, all[:1+rand.IntN(len(all))])
		return err
	case 1:
		_, err := lb.AddBackend(service, other)
		return err
	case 2:
		return lb.RemoveBackend(service, other.Address)
	case 3:
		return lb.MarkHealth(service, other.Address, rand.IntN(2) == 0)
	case 4:
		return lb.SetAdmin(service, other.Address, AdminVerdict(rand.IntN(2)))
	default:
		return lb.Configure(service, Settings{Strategy: Strategies()[rand.IntN(len(Strategies()))], Hash: Hash{RandomFallback: true}})
	}
}

// TestDrainsSurviveRegistrations drains while the service is registered anew, over and over: a drain
// that was accepted holds.
func TestDrainsSurviveRegistrations(t *testing.T) {
	lb := New()
	endpoints := endpointsOf(RoundRobin, 200)
	must(t, lb.Register("s", endpoints, RoundRobin))
	stop, registering := make(chan struct{}), sync.WaitGroup{}
	registering.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := lb.Register("s", endpoints, RoundRobin); err != nil {
				t.Error(err)
			}
		}
	})
	for _, e := range endpoints[1:] {
		must(t, lb.SetAdmin("s", e.Address, AdminDrain))
	}
	close(stop)
	registering.Wait()
	if got := lb.HealthyCount("s"); got != 1 {
		t.Errorf("%d of 200 are ready after 199 drains", got)
	}
}

// TestLeasesSurviveSwitchesOfStrategy acquires while the strategy changes to least_connections and
// back and the list changes: in the end every connection that is left is in the tree.
func TestLeasesSurviveSwitchesOfStrategy(t *testing.T) {
	lb := weighted(t, RoundRobin, 1, 1, 1, 1)
	stop, leasing := make(chan struct{}), sync.WaitGroup{}
	for range 2 {
		leasing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, release, err := lb.SelectAndAcquire("s", Pick{}); err != nil {
					t.Error(err)
				} else {
					release()
				}
			}
		})
	}
	for i := range 3000 {
		must(t, lb.Configure("s", Settings{Strategy: []Strategy{LeastConnections, RoundRobin}[i%2]}))
		if _, err := lb.UpdateBackends("s", weightedEndpoints(slicesOfOnes(1+i%4)...)); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	leasing.Wait()
	must(t, lb.Configure("s", Settings{Strategy: LeastConnections}))
	if got := tally(t, lb, 8); len(got) != lb.BackendCount("s") {
		t.Errorf("idle backends tie, and the picks are %v", got)
	}
}
