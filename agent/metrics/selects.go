package metrics

import (
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// maxServices is how many services get labels of their own.
const maxServices = 1000

// other is the label that the remaining services share.
const other = "_other"

// labels decides which services get a label of their own: the first that are met.
type labels struct {
	known sync.Map    // service: struct{}; written under mu
	full  atomic.Bool // no further ones are met

	mu    sync.Mutex
	count int
}

func (l *labels) of(service string) string {
	if _, ok := l.known.Load(service); ok {
		return service
	}
	if l.full.Load() {
		return other
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.known.Load(service); ok {
		return service
	}
	if l.count == maxServices {
		l.full.Store(true)
		return other
	}
	l.count++
	l.known.Store(service, struct{}{})
	return service
}

// selects counts selections by service and outcome. Counting one that was counted before takes no
// lock.
type selects struct {
	labels   *labels
	counters sync.Map // key: *atomic.Uint64
	desc     *prometheus.Desc
}

type key struct{ service, outcome string }

func newSelects() *selects {
	return &selects{
		labels: &labels{},
		desc: prometheus.NewDesc("remora_selects_total",
			"Selections by service and outcome: ok, or the code of the error.",
			[]string{"service", "outcome"}, nil),
	}
}

// unknown is the label of services that are not there, whose names applications make up.
const unknown = "_unknown"

func (s *selects) count(service, outcome string) {
	if outcome == "unknown_service" {
		service = unknown
	}
	k := key{service, outcome}
	counter, ok := s.counters.Load(k)
	if !ok {
		if service != unknown {
			k.service = s.labels.of(service)
		}
		counter, _ = s.counters.LoadOrStore(k, new(atomic.Uint64))
	}
	counter.(*atomic.Uint64).Add(1)
}

// Describe implements prometheus.Collector.
func (s *selects) Describe(descs chan<- *prometheus.Desc) { descs <- s.desc }

// Collect implements prometheus.Collector.
func (s *selects) Collect(metrics chan<- prometheus.Metric) {
	s.counters.Range(func(k, counter any) bool {
		key, n := k.(key), counter.(*atomic.Uint64).Load()
		metrics <- prometheus.MustNewConstMetric(s.desc, prometheus.CounterValue, float64(n), key.service, key.outcome)
		return true
	})
}
