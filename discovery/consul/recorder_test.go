package consul

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/internal/testbed"
)

// guard only ends tests that would hang.
const guard = time.Minute

// recorder is a sink that keeps what it is told and lets a test wait for it.
type recorder struct {
	mu        sync.Mutex
	news      chan struct{} // closed and replaced at every call
	last      discovery.Snapshot
	published int
	shrunk    int // how often a snapshot was empty after one that was not
	heard     int // failures
	err       error
}

func newRecorder() *recorder { return &recorder{news: make(chan struct{})} }

func (r *recorder) Publish(s discovery.Snapshot) {
	r.note(func() {
		if len(s.Endpoints) == 0 && len(r.last.Endpoints) > 0 {
			r.shrunk++
		}
		r.last, r.err = s, nil
		r.published++
	})
}

func (r *recorder) Heard(err error) {
	r.note(func() {
		if r.err = err; err != nil {
			r.heard++
		}
	})
}

func (r *recorder) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.news)
	r.news = make(chan struct{})
}

// await blocks until the condition, which is called with the lock held, is true.
func (r *recorder) await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	timeout := time.After(guard)
	for {
		r.mu.Lock()
		done, news, state := condition(), r.news, fmt.Sprintf("%+v, dropped %q, error %v", r.last.Endpoints, r.last.Dropped, r.err)
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-timeout:
			t.Fatalf("waited too long for %s; there is %s", what, state)
		}
	}
}

// awaitOne blocks until there is one endpoint, of which the condition holds, and returns it.
func (r *recorder) awaitOne(t testing.TB, what string, condition func(discovery.Endpoint) bool) (e discovery.Endpoint) {
	t.Helper()
	r.await(t, what, func() bool {
		if len(r.last.Endpoints) != 1 {
			return false
		}
		e = r.last.Endpoints[0]
		return condition(e)
	})
	return e
}

func (r *recorder) awaitAddresses(t testing.TB, want ...string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	r.await(t, fmt.Sprintf("the addresses %q", want), func() bool {
		return r.published > 0 && slices.Equal(addresses(r.last, nil), want)
	})
}

func (r *recorder) awaitFailures(t testing.TB, n int) (err error) {
	t.Helper()
	r.await(t, fmt.Sprintf("%d failures", n), func() bool { err = r.err; return r.heard >= n && err != nil })
	return err
}

// addresses of a snapshot that are wanted, sorted.
func addresses(s discovery.Snapshot, want func(discovery.Endpoint) bool) []string {
	list := make([]string, 0, len(s.Endpoints))
	for _, e := range s.Endpoints {
		if want == nil || want(e) {
			list = append(list, e.Address)
		}
	}
	slices.Sort(list)
	return list
}

// watching is a provider at work; it is the watcher of a scenario.
type watching struct {
	testing.TB
	*Provider

	ctx   context.Context // of the test
	wait  *sync.WaitGroup
	sinks map[string]*recorder
}

var _ testbed.HealthWatcher = (*watching)(nil)

// startProvider runs a provider until the test ends.
func startProvider(t testing.TB, config Config) *watching {
	t.Helper()
	provider, err := New(config, hclog.New(&hclog.LoggerOptions{Output: t.Output(), Level: hclog.Debug}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	shared, stop := context.WithCancel(context.Background())
	w := &watching{TB: t, Provider: provider, ctx: ctx, wait: new(sync.WaitGroup), sinks: make(map[string]*recorder)}
	var run sync.WaitGroup
	run.Go(func() {
		if err := provider.Run(shared); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		w.wait.Wait()
		stop()
		run.Wait()
		if open := provider.Load().Connections; open != 0 {
			t.Errorf("%d connections are open after Run has ended", open)
		}
	})
	return w
}

// sink returns the recorder of a service; the first call starts to watch it.
func (w *watching) sink(service string) *recorder {
	return w.watch(discovery.Query{Service: service, Name: service})
}

func (w *watching) watch(q discovery.Query) *recorder {
	if sink, ok := w.sinks[q.Service]; ok {
		return sink
	}
	sink := newRecorder()
	w.sinks[q.Service] = sink
	w.wait.Go(func() {
		if err := w.Watch(w.ctx, q, sink); w.ctx.Err() == nil {
			w.Errorf("Watch returned %v before its context ended", err)
		}
	})
	return sink
}

func (w *watching) Expect(service string, addresses ...string) {
	w.Helper()
	w.sink(service).awaitAddresses(w, addresses...)
}

func (w *watching) ExpectUsable(service string, want ...string) {
	w.Helper()
	want = slices.Sorted(slices.Values(want))
	sink := w.sink(service)
	sink.await(w, fmt.Sprintf("usable: %q", want), func() bool {
		return sink.published > 0 && slices.Equal(addresses(sink.last, usable), want)
	})
}

func (w *watching) ExpectStale(service string, stale bool) {
	w.Helper()
	sink := w.sink(service)
	sink.await(w, fmt.Sprintf("stale: %v", stale), func() bool { return (sink.err != nil) == stale })
}

func usable(e discovery.Endpoint) bool {
	return e.Status != discovery.StatusCritical && e.Status != discovery.StatusMaintenance
}

// impatient is a configuration with waits short enough for a test.
func impatient(address string) Config {
	return Config{
		Address:        address,
		Wait:           3 * time.Second,
		Turn:           time.Second,
		RequestTimeout: 2 * time.Second,
		RefreshEvery:   50 * time.Millisecond,
		Pause:          300 * time.Millisecond,
		Backoff:        discovery.Backoff{Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
	}
}
