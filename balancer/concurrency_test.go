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
		must(t, lb.Register(string(strategy), endpointsOf(strategy, 8), strategy))
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
		return lb.SetStrategy(service, Strategies()[rand.IntN(len(Strategies()))])
	}
}
