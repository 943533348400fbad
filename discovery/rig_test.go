package discovery_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/discovery"
)

// script is a provider that says what a test tells it to.
type script struct {
	mu      sync.Mutex
	known   map[string][]string // what is published when a watch starts; missing: nothing is
	watches map[string]map[discovery.Sink]chan error
	calls   map[string]int
	onWatch func(name string) // called at the start of each watch, if set
	publish func([]string)    // of the list that runs
	names   []string          // what is listed when a list starts, unless nil
}

var (
	_ discovery.Provider = (*script)(nil)
	_ discovery.Lister   = (*script)(nil)
)

func newScript() *script {
	return &script{
		known:   map[string][]string{},
		watches: map[string]map[discovery.Sink]chan error{},
		calls:   map[string]int{},
	}
}

func (p *script) Watch(ctx context.Context, q discovery.Query, sink discovery.Sink) error {
	fail := make(chan error, 1)
	p.mu.Lock()
	p.calls[q.Name]++
	if p.watches[q.Name] == nil {
		p.watches[q.Name] = map[discovery.Sink]chan error{}
	}
	p.watches[q.Name][sink] = fail
	list, known := p.known[q.Name]
	hook := p.onWatch
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watches[q.Name], sink)
	}()
	if hook != nil {
		hook(q.Name)
	}
	if known {
		sink.Publish(snapshotOf(list))
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-fail:
		return err
	}
}

func (p *script) List(ctx context.Context, publish func([]string)) error {
	p.mu.Lock()
	p.publish = publish
	names := p.names
	p.mu.Unlock()
	if names != nil {
		publish(names)
	}
	<-ctx.Done()
	return ctx.Err()
}

// say publishes a list to everybody who watches name, now and later.
func (p *script) say(name string, list ...string) {
	p.mu.Lock()
	p.known[name] = list
	p.mu.Unlock()
	for _, sink := range p.sinks(name) {
		sink.Publish(snapshotOf(list))
	}
}

func (p *script) heard(name string, err error) {
	for _, sink := range p.sinks(name) {
		sink.Heard(err)
	}
}

// fail makes the watches of name return an error.
func (p *script) fail(name string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fail := range p.watches[name] {
		fail <- err
	}
}

// list publishes the names that the catalog holds.
func (p *script) list(names ...string) {
	p.mu.Lock()
	publish := p.publish
	p.names = names
	p.mu.Unlock()
	publish(names)
}

func (p *script) sinks(name string) (sinks []discovery.Sink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for sink := range p.watches[name] {
		sinks = append(sinks, sink)
	}
	return sinks
}

// watched says how many watches of name run, and how often one was started.
func (p *script) watched(name string) (now, ever int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.watches[name]), p.calls[name]
}

func snapshotOf(list []string) discovery.Snapshot {
	endpoints := make([]discovery.Endpoint, 0, len(list))
	for _, address := range list {
		endpoints = append(endpoints, discovery.Endpoint{Address: address, Weight: 1})
	}
	return discovery.Snapshot{Endpoints: endpoints}
}

// recorder is a Consumer that keeps what it is told and objects to what it must never be told.
type recorder struct {
	t testing.TB

	busy     sync.Mutex // to notice calls that overlap
	mu       sync.Mutex
	gate     <-chan struct{} // Apply waits until it is closed
	services map[string]discovery.Update
	applied  map[string]int
	dropped  map[string]int
}

func newRecorder(t testing.TB) *recorder {
	open := make(chan struct{})
	close(open)
	return &recorder{
		t:        t,
		gate:     open,
		services: map[string]discovery.Update{},
		applied:  map[string]int{},
		dropped:  map[string]int{},
	}
}

func (r *recorder) Apply(u discovery.Update) {
	if !r.busy.TryLock() {
		r.t.Error("the consumer is called while it is called")
		return
	}
	defer r.busy.Unlock()
	<-r.held()
	r.mu.Lock()
	defer r.mu.Unlock()
	last, was := r.services[u.Service]
	state := byAddress(last.Endpoints)
	patch(r.t, state, u.Diff)
	if !sameSet(state, byAddress(u.Endpoints)) {
		r.t.Errorf("%s: the diff %+v does not lead to %v", u.Service, u.Diff, u.Endpoints)
	}
	if was && u.Diff.Empty() && u.Stale == last.Stale && slices.Equal(u.Sources, last.Sources) && reflect.DeepEqual(u.Held, last.Held) {
		r.t.Errorf("%s: an update that changes nothing", u.Service)
	}
	r.services[u.Service] = u
	r.applied[u.Service]++
}

// hold makes Apply wait for gate.
func (r *recorder) hold(gate <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate = gate
}

func (r *recorder) held() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gate
}

func (r *recorder) Drop(service string) {
	if !r.busy.TryLock() {
		r.t.Error("the consumer is called while it is called")
		return
	}
	defer r.busy.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, was := r.services[service]; !was {
		r.t.Errorf("%s was dropped and never applied", service)
	}
	delete(r.services, service)
	r.dropped[service]++
}

func (r *recorder) get(service string) (discovery.Update, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, ok := r.services[service]
	return u, ok
}

// rig is a Catalog that runs inside a synctest bubble until the test ends.
type rig struct {
	*discovery.Catalog
	t    *testing.T
	got  *recorder
	logs *logBuffer
	stop func()
}

func newRig(t *testing.T, options ...discovery.Option) *rig {
	t.Helper()
	r := newIdleRig(t, options...)
	r.start()
	return r
}

// newIdleRig is one whose Catalog does not run before start.
func newIdleRig(t *testing.T, options ...discovery.Option) *rig {
	t.Helper()
	r := &rig{t: t, got: newRecorder(t), logs: &logBuffer{}}
	log := hclog.New(&hclog.LoggerOptions{Output: r.logs, Level: hclog.Debug})
	r.Catalog = discovery.NewCatalog(log, r.got, options...)
	return r
}

func (r *rig) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			r.t.Errorf("Run returned %v", err)
		}
	})
	r.t.Cleanup(r.stop)
}

func (r *rig) configure(plan discovery.Plan) {
	r.t.Helper()
	if err := r.Configure(plan); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// wants asserts the addresses that the consumer has of a service.
func (r *rig) wants(service string, want ...string) {
	r.t.Helper()
	synctest.Wait()
	u, ok := r.got.get(service)
	if !ok {
		r.t.Fatalf("the consumer does not have %s", service)
	}
	if !sameAddresses(u.Endpoints, want) {
		r.t.Fatalf("%s is %v, want %v", service, addresses(u.Endpoints), want)
	}
}

func (r *rig) lacks(service string) {
	r.t.Helper()
	synctest.Wait()
	if u, ok := r.got.get(service); ok {
		r.t.Fatalf("the consumer has %s: %v", service, addresses(u.Endpoints))
	}
}

func (r *rig) answers(service string, want discovery.Answer) {
	r.t.Helper()
	if got := r.Ask(service); got != want {
		r.t.Fatalf("asked for %s: %v, want %v", service, got, want)
	}
}

func (r *rig) provider(name string) discovery.ProviderStatus {
	r.t.Helper()
	synctest.Wait()
	for _, status := range r.Status() {
		if status.Name == name {
			return status
		}
	}
	r.t.Fatalf("there is no provider %s", name)
	return discovery.ProviderStatus{}
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// count says how many lines contain all the parts.
func (b *logBuffer) count(parts ...string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.buf.String()) {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			n++
		}
	}
	return n
}

// explicit builds a service with one source per provider.
func explicit(name string, providers ...string) discovery.ServicePlan {
	plan := discovery.ServicePlan{Name: name}
	for _, p := range providers {
		plan.Sources = append(plan.Sources, discovery.SourcePlan{Provider: p})
	}
	return plan
}
