package state

import (
	"fmt"
	"testing"
	"time"
)

// catalog is n services of ten endpoints each, as an etcd would have them.
func catalog(n int) State {
	s := State{Meta: Meta{At: time.Unix(1, 0)}}
	for i := range n {
		service := Service{Name: fmt.Sprintf("service-%d", i)}
		source := Source{Provider: "main", Identity: "etcd /services/"}
		for j := range 10 {
			source.Endpoints = append(source.Endpoints, Endpoint{
				Address: fmt.Sprintf("10.%d.%d.%d:8080", i>>8&255, i&255, j),
				ID:      fmt.Sprintf("%d-%d", i, j),
				Weight:  10,
				Zone:    "a",
				Tags:    []string{"v2"},
			})
		}
		service.Sources = []Source{source}
		s.Services = append(s.Services, service)
	}
	return s
}

// BenchmarkWrite writes a file of 100,000 backends, sync included.
func BenchmarkWrite(b *testing.B) {
	f, err := Open(b.TempDir() + "/data")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	s := catalog(10_000)
	for b.Loop() {
		size, err := f.write(s.Meta, s.gather)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size)/100_000, "B/backend")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/backend")
}

// BenchmarkRead reads it.
func BenchmarkRead(b *testing.B) {
	file := fileOf(b, catalog(10_000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(file); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/backend")
}
