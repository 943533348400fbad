package etcd

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
	snapshots []discovery.Snapshot
	stale     bool
	heard     int // answers without an error
	failures  int // those with one
}

func newRecorder() *recorder { return &recorder{news: make(chan struct{})} }

func (r *recorder) Publish(s discovery.Snapshot) {
	r.note(func() {
		r.snapshots = append(r.snapshots, s)
		r.take(s.Err)
	})
}

func (r *recorder) Heard(err error) {
	r.note(func() {
		r.take(err)
		if err == nil {
			r.heard++
		}
	})
}

func (r *recorder) take(err error) {
	r.stale = err != nil
	if r.stale {
		r.failures++
	}
}

func (r *recorder) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	close(r.news)
	r.news = make(chan struct{})
}

// last is the snapshot in force; ok is false before the first.
func (r *recorder) last() (s discovery.Snapshot, ok bool) {
	if len(r.snapshots) == 0 {
		return s, false
	}
	return r.snapshots[len(r.snapshots)-1], true
}

// await blocks until the condition, which is called with the lock held, is true.
func (r *recorder) await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	timeout := time.After(guard)
	for {
		r.mu.Lock()
		done, news := condition(), r.news
		last, _ := r.last()
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-timeout:
			t.Fatalf("waited too long for %s; there are %q, dropped is %q", what, addresses(last), last.Dropped)
		}
	}
}

// awaitAnswers blocks until n more answers have changed nothing.
func (r *recorder) awaitAnswers(t testing.TB, n int) {
	t.Helper()
	r.mu.Lock()
	until := r.heard + n
	r.mu.Unlock()
	r.await(t, "answers", func() bool { return r.heard >= until })
}

// failed counts the failures so far.
func (r *recorder) failed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}

// published counts the snapshots so far.
func (r *recorder) published() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.snapshots)
}

func (r *recorder) awaitAddresses(t testing.TB, want ...string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	r.await(t, fmt.Sprintf("%q", want), func() bool {
		last, ok := r.last()
		return ok && slices.Equal(addresses(last), want)
	})
}

// addresses of a snapshot, sorted.
func addresses(s discovery.Snapshot) []string {
	list := make([]string, len(s.Endpoints))
	for i, e := range s.Endpoints {
		list[i] = e.Address
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

var _ testbed.Watcher = (*watching)(nil)

// startProvider runs a provider until the test ends.
func startProvider(t testing.TB, config Config) *watching {
	t.Helper()
	return startLogging(t, config, func(string) {})
}

// startLogging does the same and hands over every line of the log, from the goroutine that writes it.
func startLogging(t testing.TB, config Config, onLine func(string)) *watching {
	t.Helper()
	provider, err := New(config, hclog.New(&hclog.LoggerOptions{Output: lines(onLine)}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{TB: t, Provider: provider, ctx: ctx, wait: new(sync.WaitGroup), sinks: make(map[string]*recorder)}
	w.wait.Go(func() {
		if err := provider.Run(ctx); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		w.wait.Wait()
	})
	return w
}

// lines is a function as the output of a logger, which writes one line at a time.
type lines func(string)

func (f lines) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

// sink returns the recorder of a service; the first call starts to watch it.
func (w *watching) sink(service string, tags ...string) *recorder {
	if sink, ok := w.sinks[service]; ok {
		return sink
	}
	sink := newRecorder()
	w.sinks[service] = sink
	query := discovery.Query{Service: service, Name: service, Tags: tags}
	w.wait.Go(func() {
		if err := w.Watch(w.ctx, query, sink); w.ctx.Err() == nil {
			w.Errorf("Watch returned %v before its context ended", err)
		}
	})
	return sink
}

func (w *watching) Expect(service string, addresses ...string) {
	w.Helper()
	w.sink(service).awaitAddresses(w, addresses...)
}

func (w *watching) ExpectStale(service string, stale bool) {
	w.Helper()
	sink := w.sink(service)
	sink.await(w, "staleness", func() bool { return sink.stale == stale })
}

// impatient is a configuration for a world, with waits short enough for a test.
func impatient(w *testbed.World) Config {
	config := Config{
		Endpoints:      w.Endpoints,
		Prefix:         w.Prefix,
		Username:       w.User,
		Password:       w.Password,
		RequestTimeout: 2 * time.Second,
		ProgressEvery:  200 * time.Millisecond,
		StallAfter:     2 * time.Second,
		RefreshEvery:   50 * time.Millisecond,
		Backoff:        discovery.Backoff{Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
	}
	if w.CA != nil {
		config.TLS = &TLS{CAFile: w.CA.File, CertFile: w.Pair.CertFile, KeyFile: w.Pair.KeyFile}
	}
	return config
}
