package etcd

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// BenchmarkMirror lists 100,000 keys of 10,000 services, which nobody watches, and reports what stays
// in memory for each.
func BenchmarkMirror(b *testing.B) {
	const services, perService = 10_000, 10
	var m *mirror
	before := liveHeap()
	for b.Loop() {
		m = newMirror(testPrefix)
		complete := make(catalog)
		for s := range services {
			for n := range perService {
				complete.add(nil, len(testPrefix), &mvccpb.KeyValue{
					Key:   fmt.Appendf(nil, "%sservice-%05d/%d", testPrefix, s, n),
					Value: fmt.Appendf(nil, `{"Op":0,"Addr":"10.0.%d.%d:8080","Metadata":null}`, s%256, n),
				})
			}
		}
		m.replace(complete, time.Now())
	}
	b.ReportMetric(float64(liveHeap()-before)/(services*perService), "B/key")
	runtime.KeepAlive(m)
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
