package client_test

import (
	"fmt"
	"testing"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
)

// benchBalancer is a balancer of one service with so many backends.
func benchBalancer(t testing.TB, strategy balancer.Strategy, backends int) *client.Balancer {
	a := startAgent(t, "")
	addresses := make([]string, backends)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("10.0.%d.%d:80", i/256, i%256)
	}
	a.register("web", string(strategy), addresses...)
	return a.open("web")
}

func TestSelectAllocatesNothing(t *testing.T) {
	for _, strategy := range balancer.Strategies() {
		b := benchBalancer(t, strategy, 10)
		pick := balancer.Pick{Key: "user-1"}
		if _, err := b.SelectWith("web", pick); err != nil { // hash tables are made now
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(1000, func() { _, _ = b.SelectWith("web", pick) }); n != 0 {
			t.Errorf("%s: %v allocations for a selection", strategy, n)
		}
	}
}

func BenchmarkBalancerSelect(b *testing.B) {
	for _, strategy := range []balancer.Strategy{balancer.RoundRobin, balancer.LeastConnections, balancer.P2C, balancer.PeakEWMA} {
		for _, backends := range []int{10, 1000} {
			b.Run(fmt.Sprintf("%s/%d", strategy, backends), func(b *testing.B) {
				embedded := benchBalancer(b, strategy, backends)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := embedded.Select("web"); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkBalancerAcquire(b *testing.B) {
	embedded := benchBalancer(b, balancer.LeastConnections, 100)
	b.ReportAllocs()
	for b.Loop() {
		use, err := embedded.Acquire("web", balancer.Pick{})
		if err != nil {
			b.Fatal(err)
		}
		use.End(client.Succeeded(1000))
	}
}

// BenchmarkSocketSelect is what Balancer.Select saves: the same question over the socket.
func BenchmarkSocketSelect(b *testing.B) {
	a := startAgent(b, oneService)
	for b.Loop() {
		if _, err := a.Select(b.Context(), "web"); err != nil {
			b.Fatal(err)
		}
	}
}
