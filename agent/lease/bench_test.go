package lease

import (
	"runtime"
	"testing"
	"time"
)

func BenchmarkTakeEnd(b *testing.B) {
	for _, kind := range []struct {
		name  string
		owner uint64
	}{{"connection", 1}, {"ttl", 0}} {
		lease := Lease{Service: "web", Address: "10.0.0.1:80", Owner: kind.owner, TTL: time.Minute, Release: func() {}}
		b.Run(kind.name, func(b *testing.B) {
			table := filled(b)
			b.ReportAllocs()
			for b.Loop() {
				table.End(mustTake(b, table, lease))
			}
		})
		b.Run(kind.name+"/parallel", func(b *testing.B) {
			table := filled(b)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					table.End(mustTake(b, table, lease))
				}
			})
		})
	}
}

// filled is a table with connection 1 and 10,000 leases of either kind.
func filled(b *testing.B) *Table {
	table := New(DefaultLimits)
	table.Open(1)
	for i := range 20_000 {
		mustTake(b, table, Lease{Service: "web", Owner: uint64(i % 2), TTL: time.Hour, Release: func() {}})
	}
	return table
}

// BenchmarkMemory reports the live heap of a lease, without what its Release holds on to.
func BenchmarkMemory(b *testing.B) {
	const leases = 65_536
	for b.Loop() {
		before := liveHeap()
		table := New(DefaultLimits)
		for range leases {
			mustTake(b, table, Lease{Service: "web", TTL: time.Hour, Release: func() {}})
		}
		b.ReportMetric(float64(liveHeap()-before)/leases, "B/lease")
		runtime.KeepAlive(table)
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
