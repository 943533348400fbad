package metrics

import (
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what passes by and collects the rest. All methods may be called concurrently.
type Metrics struct {
	registry *prometheus.Registry
	selects  *selects
	requests *prometheus.HistogramVec
}

// New returns the metrics of an agent of that version, whose rooms source describes.
func New(version string, source Source) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		selects:  newSelects(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "remora_api_request_duration_seconds",
			Help:    "Time from reading a request to having written its answer, by route.",
			Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .1, 1, 10},
		}, []string{"route", "method", "code"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "remora_build_info",
		Help:        "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(
		build,
		m.requests,
		m.selects,
		newCollector(source, m.selects.labels),
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: liveHeap})),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// liveHeap is what the garbage collector last found in use, the one figure of memory without garbage.
var liveHeap = regexp.MustCompile(`^/gc/heap/live:bytes$`)

// Handler serves the metrics as Prometheus text.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Served counts n selections of a service that came out well.
func (m *Metrics) Served(service string, n int) { m.selects.serve(service, n) }

// Selections gives the counter that Served adds to.
func (m *Metrics) Selections(service string) *atomic.Uint64 { return m.selects.counter(service) }

// Failed counts one that did not. The outcome is a code of the API; known says that there is such a
// service, and that the name is not just what an application made up.
func (m *Metrics) Failed(service, outcome string, known bool) {
	m.selects.fail(service, outcome, known)
}

// Requested counts one request that was answered.
func (m *Metrics) Requested(route, method string, status int, took time.Duration) {
	m.Requests(route, method, status)(took)
}

// Requests gives Requested for one kind of request.
func (m *Metrics) Requests(route, method string, status int) func(took time.Duration) {
	observer := m.requests.WithLabelValues(route, method, codes[min(max(status, 0), len(codes)-1)])
	return func(took time.Duration) { observer.Observe(took.Seconds()) }
}

// codes is status codes as text.
var codes = func() (texts [600]string) {
	for i := range texts {
		texts[i] = strconv.Itoa(i)
	}
	return texts
}()
