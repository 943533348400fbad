package consul

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/internal/testbed"
)

// BenchmarkCost says what a provider costs its Consul, as the table in docs/operations.md has it. There
// are so many services of ten instances each, of which one changes in each round. The metrics are the
// connections, the bytes in both directions of learning one service, the queries in a second during
// which nothing changes (those that have waited for a minute come on top), and what a change costs.
func BenchmarkCost(b *testing.B) {
	for _, scheme := range []string{"http", "https"} {
		for _, services := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", scheme, services), func(b *testing.B) {
				c, config := startScheme(b, scheme)
				benchmarkCost(b, c, startProvider(b, config), services)
			})
		}
	}
}

func startScheme(b *testing.B, scheme string) (*testbed.Consul, Config) {
	b.Helper()
	if scheme == "https" {
		c, _, _, config := startTLS(b)
		return c, Config{Address: config.Address, TLS: config.TLS}
	}
	c := testbed.StartConsul(b, testbed.ConsulConfig{})
	return c, patient(c.Servers[0].HTTP())
}

func benchmarkCost(b *testing.B, c *testbed.Consul, w *watching, services int) {
	const instances, window = 10, 5 * time.Second
	for node := range instances {
		putMany(b, c, 1+node, services, 80)
	}
	for i := range services {
		w.sink(serviceName(i))
	}
	for i := range services {
		sink := w.sink(serviceName(i))
		sink.await(b, "its instances", func() bool { return len(sink.last.Endpoints) == instances })
	}
	learned := w.Load()
	must(b, discovery.Sleep(b.Context(), window))
	idle := w.Load()
	changes := 0
	for b.Loop() {
		service, port := serviceName(changes%services), 1000+changes
		putOne(b, c, 1, service, port)
		changed := fmt.Sprintf("10.0.0.1:%d", port)
		sink := w.sink(service)
		sink.await(b, changed, func() bool { return slices.Contains(addresses(sink.last, nil), changed) })
		changes++
	}
	after := w.Load()
	b.ReportMetric(float64(learned.Connections), "connections")
	b.ReportMetric(wire(learned, discovery.Load{})/float64(services), "first-B/service")
	b.ReportMetric(float64(idle.Queries-learned.Queries)/window.Seconds(), "idle-queries/s")
	b.ReportMetric(float64(after.Queries-idle.Queries)/float64(changes), "queries/change")
	b.ReportMetric(wire(after, idle)/float64(changes), "B/change")
}

// wire is the bytes in both directions since before.
func wire(l, before discovery.Load) float64 {
	return float64(l.SentBytes + l.ReceivedBytes - before.SentBytes - before.ReceivedBytes)
}
