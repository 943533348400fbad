package balancer

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

func TestSelectAllocatesNothing(t *testing.T) {
	for _, strategy := range Strategies() {
		for name, weights := range map[string][]int{
			"equal":     {1, 1, 1},
			"different": {5, 1, 1},
			"stride":    {MaxWeight, MaxWeight - 1, 1},
		} {
			lb := weighted(t, strategy, weights...)
			pick := Pick{Exclude: []string{"nobody"}}
			allocations := testing.AllocsPerRun(1000, func() {
				if _, err := lb.Select("s"); err != nil {
					t.Fatal(err)
				}
				if _, err := lb.SelectWith("s", pick); err != nil {
					t.Fatal(err)
				}
			})
			if allocations != 0 {
				t.Errorf("%s, %s weights: %v allocations a selection", strategy, name, allocations)
			}
		}
	}
}

// benchNames registers n services of so many backends and returns their names.
func benchNames(b *testing.B, lb *LoadBalancer, strategy Strategy, n, backends int) []string {
	b.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("service-%06d", i)
		must(b, lb.Register(names[i], benchEndpoints(i, backends, 1), strategy))
	}
	return names
}

func benchEndpoints(service, n, weights int) []Endpoint {
	endpoints := make([]Endpoint, n)
	for i := range endpoints {
		endpoints[i] = Endpoint{
			Address: fmt.Sprintf("10.%d.%d.%d:%d", service>>8&255, service&255, i&255, 8000+i>>8),
			ID:      fmt.Sprintf("web-%d", i),
			Weight:  1 + i%weights,
			Zone:    fmt.Sprintf("zone-%d", i%3),
			Tags:    []string{"v2"},
		}
	}
	return endpoints
}

func BenchmarkSelectBackends(b *testing.B) {
	for _, strategy := range Strategies() {
		for _, weights := range []int{1, 7} {
			for _, n := range []int{10, 1000, 10_000} {
				b.Run(fmt.Sprintf("%s/weights=%d/backends=%d", strategy, weights, n), func(b *testing.B) {
					lb := New()
					must(b, lb.RegisterWith("web", benchEndpoints(0, n, weights), Settings{Strategy: strategy, Hash: Hash{RandomFallback: true}}))
					if _, err := lb.Select("web"); err != nil { // which makes the table of a hashing strategy
						b.Fatal(err)
					}
					b.ReportAllocs()
					for b.Loop() {
						if _, err := lb.Select("web"); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// BenchmarkSelectServices spreads selections over the first hot of all services, in random order.
func BenchmarkSelectServices(b *testing.B) {
	for _, services := range []int{10, 10_000, 100_000} {
		lb := New()
		names := benchNames(b, lb, RoundRobin, services, 10)
		for _, hot := range []int{1, 1000, services} {
			if hot > services {
				continue
			}
			order := make([]string, 1<<16)
			for i := range order {
				order[i] = names[rand.IntN(hot)]
			}
			b.Run(fmt.Sprintf("services=%d/hot=%d/serial", services, hot), func(b *testing.B) {
				i := 0
				for b.Loop() {
					if _, err := lb.Select(order[i&(len(order)-1)]); err != nil {
						b.Fatal(err)
					}
					i++
				}
			})
			b.Run(fmt.Sprintf("services=%d/hot=%d/parallel", services, hot), func(b *testing.B) {
				b.RunParallel(func(p *testing.PB) {
					for i := rand.IntN(len(order)); p.Next(); i++ {
						if _, err := lb.Select(order[i&(len(order)-1)]); err != nil {
							b.Fatal(err)
						}
					}
				})
			})
		}
	}
}

func BenchmarkAcquireRelease(b *testing.B) {
	for _, strategy := range Strategies() {
		for _, n := range []int{10, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/backends=%d", strategy, n), func(b *testing.B) {
				lb := New()
				must(b, lb.RegisterWith("web", benchEndpoints(0, n, 1), Settings{Strategy: strategy, Hash: Hash{RandomFallback: true}}))
				for b.Loop() {
					_, release, err := lb.SelectAndAcquire("web", Pick{})
					must(b, err)
					release()
				}
			})
		}
	}
}

// BenchmarkMarkHealth is the cost of one change of a group.
func BenchmarkMarkHealth(b *testing.B) {
	for _, services := range []int{1, 10_000} {
		for _, n := range []int{10, 100, 10_000} {
			if services*n > 1_000_000 {
				continue
			}
			b.Run(fmt.Sprintf("services=%d/backends=%d", services, n), func(b *testing.B) {
				lb := New()
				names := benchNames(b, lb, RoundRobin, services, n)
				address := benchEndpoints(0, 1, 1)[0].Address
				i := 0
				for b.Loop() {
					must(b, lb.MarkHealth(names[0], address, i%2 == 0))
					i++
				}
			})
		}
	}
}

// BenchmarkRegister is the cost of one registration of ten backends among more and more services.
func BenchmarkRegister(b *testing.B) {
	for _, services := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("services=%d", services), func(b *testing.B) {
			endpoints := benchEndpoints(0, 10, 1)
			names := make([]string, services)
			for i := range names {
				names[i] = fmt.Sprintf("service-%06d", i)
			}
			for b.Loop() {
				lb := New()
				for _, name := range names {
					must(b, lb.Register(name, endpoints, RoundRobin))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*services), "ns/service")
		})
	}
}

// BenchmarkMemory is the live heap of a million backends in groups of ten and of a hundred.
func BenchmarkMemory(b *testing.B) {
	for _, backends := range []int{10, 100} {
		b.Run(fmt.Sprintf("backends=%d", backends), func(b *testing.B) {
			for b.Loop() {
				before := liveHeap()
				lb := New()
				for i := range 1_000_000 / backends {
					must(b, lb.Register(fmt.Sprintf("service-%06d", i), benchEndpoints(i, backends, 1), RoundRobin))
				}
				b.ReportMetric(float64(liveHeap()-before)/1_000_000, "B/backend")
				runtime.KeepAlive(lb)
			}
		})
	}
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
