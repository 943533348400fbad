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

// selects counts selections by service and outcome. Counting one that was counted before takes no lock
// and allocates nothing.
type selects struct {
	labels *labels
	served sync.Map // label: *atomic.Uint64, of selections that came out well
	failed sync.Map // failure: *atomic.Uint64
	desc   *prometheus.Desc
}

type failure struct{ label, outcome string }

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

// serve counts n selections that came out well.
func (s *selects) serve(service string, n int) { s.counter(service).Add(uint64(n)) }

// counter gives the counter of those of a service, which stays the same.
func (s *selects) counter(service string) *atomic.Uint64 {
	counter, ok := s.served.Load(service)
	if !ok {
		counter = counterOf(&s.served, s.labels.of(service))
	}
	return counter.(*atomic.Uint64)
}

// fail counts a selection that did not; known says that there is such a service.
func (s *selects) fail(service, outcome string, known bool) {
	label := unknown
	if known {
		label = s.labels.of(service)
	}
	counterOf(&s.failed, failure{label, outcome}).(*atomic.Uint64).Add(1)
}

func counterOf(counters *sync.Map, key any) any {
	if counter, ok := counters.Load(key); ok {
		return counter
	}
	counter, _ := counters.LoadOrStore(key, new(atomic.Uint64))
	return counter
}

// Describe implements prometheus.Collector.
func (s *selects) Describe(descs chan<- *prometheus.Desc) { descs <- s.desc }

// Collect implements prometheus.Collector.
func (s *selects) Collect(metrics chan<- prometheus.Metric) {
	emit := func(label, outcome string, counter any) {
		n := counter.(*atomic.Uint64).Load()
		metrics <- prometheus.MustNewConstMetric(s.desc, prometheus.CounterValue, float64(n), label, outcome)
	}
	s.served.Range(func(label, counter any) bool {
		emit(label.(string), "ok", counter)
		return true
	})
	s.failed.Range(func(key, counter any) bool {
		emit(key.(failure).label, key.(failure).outcome, counter)
		return true
	})
}
