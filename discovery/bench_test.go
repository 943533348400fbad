package discovery_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/static"
)

// counter is a Consumer that says when it has been given n services.
type counter struct {
	left int
	done chan struct{}
}

func (c *counter) Apply(discovery.Update) {
	if c.left--; c.left == 0 {
		close(c.done)
	}
}

func (c *counter) Drop(string) {}

// manyStatic returns a plan and the lists of n static services with three backends each.
func manyStatic(n int) (discovery.Plan, map[string][]discovery.Endpoint, *static.Provider) {
	p := static.New()
	plan := discovery.Plan{Providers: []discovery.ProviderPlan{{Name: "static", Provider: p}}}
	lists := make(map[string][]discovery.Endpoint, n)
	for i := range n {
		name := fmt.Sprint("service-", i)
		plan.Services = append(plan.Services, explicit(name, "static"))
		lists[name] = snapshotOf([]string{"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"}).Endpoints
	}
	return plan, lists, p
}

// From a plan to the last service applied: the time for each service must not grow with their number.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint("services=", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				plan, lists, p := manyStatic(n)
				consumer := &counter{left: n, done: make(chan struct{})}
				b.StartTimer()
				p.Set(lists)
				_, stop := start(b, consumer, plan)
				<-consumer.done
				b.StopTimer()
				stop()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/service")
		})
	}
}

// start runs a Catalog with the plan until stop is called.
func start(b *testing.B, consumer discovery.Consumer, plan discovery.Plan) (c *discovery.Catalog, stop func()) {
	catalog := discovery.NewCatalog(hclog.NewNullLogger(), consumer)
	if err := catalog.Configure(plan); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- catalog.Run(ctx) }()
	return catalog, func() {
		cancel()
		<-done
	}
}

// What every select over the socket pays, and what a scrape does.
func BenchmarkAskAndStatus(b *testing.B) {
	const n = 10_000
	plan, lists, p := manyStatic(n)
	p.Set(lists)
	consumer := &counter{left: n, done: make(chan struct{})}
	catalog, stop := start(b, consumer, plan)
	defer stop()
	<-consumer.done
	b.Run("ask", func(b *testing.B) {
		for b.Loop() {
			catalog.Ask("service-77")
		}
	})
	b.Run("status", func(b *testing.B) {
		for b.Loop() {
			catalog.Status()
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{10, 1_000, 10_000} {
		before := make([]discovery.Endpoint, n)
		for i := range before {
			before[i] = discovery.Endpoint{Address: fmt.Sprintf("10.0.%d.%d:80", i/256, i%256), Weight: 1}
		}
		after := append([]discovery.Endpoint(nil), before...)
		after[n/2].Weight = 2
		b.Run(fmt.Sprint("endpoints=", n, "/one-changed"), func(b *testing.B) {
			for b.Loop() {
				discovery.Compare(before, after)
			}
		})
		shorter := append(append([]discovery.Endpoint(nil), before[:n/2]...), before[n/2+1:]...)
		b.Run(fmt.Sprint("endpoints=", n, "/one-removed"), func(b *testing.B) {
			for b.Loop() {
				discovery.Compare(before, shorter)
			}
		})
	}
}

// What a filter costs for each endpoint of each snapshot.
func BenchmarkFilterMatch(b *testing.B) {
	for _, expression := range []string{`Zone == "a"`, `"v2" in Tags and Meta.rack != "7"`, "any Tags as t { t matches `^v[0-9]$` }"} {
		f, err := discovery.CompileFilter(expression)
		if err != nil {
			b.Fatal(err)
		}
		e := discovery.Endpoint{Address: "10.0.0.1:80", Zone: "a", Tags: []string{"blue", "v2"}, Meta: map[string]string{"rack": "8", "row": "9"}}
		b.Run(expression, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if wanted, err := f.Match(e); !wanted || err != nil {
					b.Fatal(wanted, err)
				}
			}
		})
	}
}
