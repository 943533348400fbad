package balancer

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// LoadBalancer holds the groups of all services. The zero value is not usable; call New.
type LoadBalancer struct {
	mu        sync.Mutex // held while services come and go
	groups    *directory
	drains    drains
	ramping   groupSet // those with a backend in slow start
	settings  sync.Map // Settings: *Settings, so that equal ones are kept once
	index     atomic.Uint64
	clock     coarseClock
	time      func() time.Time
	start     time.Time
	published func(service string, index uint64)
}

// Option changes how a LoadBalancer works.
type Option func(*LoadBalancer)

// FirstIndex makes the indexes of views start above n, so that one who kept an index from an earlier
// process never waits for numbers that are long past.
func FirstIndex(n uint64) Option { return func(lb *LoadBalancer) { lb.index.Store(n) } }

// OnPublish has f called after every published view and after a service went away, without a lock
// held and possibly by several goroutines at once: f should take note and read the state for itself.
func OnPublish(f func(service string, index uint64)) Option {
	return func(lb *LoadBalancer) { lb.published = f }
}

// Clock makes the balancer read the time from now instead of time.Now.
func Clock(now func() time.Time) Option { return func(lb *LoadBalancer) { lb.time = now } }

// New returns an empty load balancer.
func New(options ...Option) *LoadBalancer {
	lb := &LoadBalancer{groups: newDirectory(), published: func(string, uint64) {}, time: time.Now}
	for _, o := range options {
		o(lb)
	}
	lb.start = lb.time()
	return lb
}

// now is the time since New. Selections do not read it.
func (lb *LoadBalancer) now() time.Duration { return lb.time().Sub(lb.start) }

// Register adds the service, or replaces it with a fresh group: no state but the operator's drains
// is carried over. Of endpoints with the same address the first counts. An endpoint or a strategy
// that makes no sense is an error, and then nothing changes.
func (lb *LoadBalancer) Register(service string, endpoints []Endpoint, strategy Strategy) error {
	return lb.RegisterWith(service, endpoints, Settings{Strategy: strategy})
}

// RegisterWith is Register with all settings.
func (lb *LoadBalancer) RegisterWith(service string, endpoints []Endpoint, settings Settings) error {
	return lb.RegisterAgain(service, endpoints, settings, Past{})
}

// RegisterAgain is RegisterWith for a service that was there before, with what is remembered of it in the
// first view already. What is remembered of backends that are no longer listed is left out.
func (lb *LoadBalancer) RegisterAgain(service string, endpoints []Endpoint, settings Settings, past Past) error {
	if err := settings.Check(); err != nil {
		return fmt.Errorf("register service %q: %w", service, err)
	}
	if err := checkAll(endpoints); err != nil {
		return fmt.Errorf("register service %q: %w", service, err)
	}
	g := &group{name: service, clock: &lb.clock}
	g.prepare(settings.Strategy)
	members, sorted, _ := g.merge(&view{}, endpoints, &lb.drains)
	v := &view{settings: lb.shared(settings), stale: past.Stale, members: members, sorted: sorted}
	g.recall(v, past.Backends, lb.now())
	lb.published(service, lb.replace(g, v))
	return nil
}

func (lb *LoadBalancer) shared(settings Settings) *Settings {
	kept, _ := lb.settings.LoadOrStore(settings, &settings)
	return kept.(*Settings)
}

// replace puts a fresh group in the place of the one before, which publishes no more by then, so that
// the indexes that a reader sees only grow.
func (lb *LoadBalancer) replace(g *group, v *view) (index uint64) {
	lb.mu.Lock()
	defer lb.mu.Unlock()
	if old := lb.groups.get(g.name); old != nil {
		old.retire()
	}
	lb.drains.apply(g.name, v.members) // none is missed: the one before takes no more
	g.publish(lb, g.complete(v, lb.now()))
	lb.groups.put(g)
	return v.index
}

// Unregister removes the service. ErrUnknownService when there is none.
func (lb *LoadBalancer) Unregister(service string) error {
	index, err := lb.remove(service)
	if err == nil {
		lb.published(service, index)
	}
	return err
}

func (lb *LoadBalancer) remove(service string) (index uint64, err error) {
	lb.mu.Lock()
	defer lb.mu.Unlock()
	old := lb.groups.get(service)
	if old == nil {
		return 0, unknown(service)
	}
	lb.groups.remove(service)
	old.end()
	return lb.index.Add(1), nil
}

func (g *group) retire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.retired.Store(true)
}

// end retires a group that nothing takes the place of, and lets go of what it had: somebody may keep the
// group itself for long, by a Handle or by a use of a backend.
func (g *group) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.retired.Store(true)
	v := g.view.Load()
	g.view.Store(&view{index: v.index, settings: v.settings, stale: v.stale, gone: true})
}

// Select returns a healthy backend by the group's strategy. ErrUnknownService when the service is
// not registered, ErrNoHealthyBackend when no backend may be chosen, ErrKeyRequired when the strategy
// hashes and wants SelectWith. It allocates nothing.
func (lb *LoadBalancer) Select(service string) (*Backend, error) {
	g := lb.groups.get(service)
	if g == nil {
		return nil, ErrUnknownService
	}
	d, err := g.view.Load().decide("")
	if err != nil {
		return nil, err
	}
	return d.view.members[d.pool.picker.pick(d.word)].backend, nil
}

// SelectWith is Select with wishes, and tells the attributes of what it chose. Without an exclusion
// that hits it allocates nothing.
func (lb *LoadBalancer) SelectWith(service string, p Pick) (Selection, error) {
	g := lb.groups.get(service)
	if g == nil {
		return Selection{}, ErrUnknownService
	}
	return g.selectWith(p)
}

// SelectMany returns up to n different backends, best first, and as many as there are when they are
// fewer. Errors are those of Select.
func (lb *LoadBalancer) SelectMany(service string, p Pick, n int) ([]Selection, error) {
	g := lb.groups.get(service)
	if g == nil {
		return nil, ErrUnknownService
	}
	return g.selectMany(p, n)
}

// SelectAndAcquire selects a backend and counts an active connection on it in one step, so that
// callers at the same time see each other. The function it returns ends the use; it is safe to call
// twice. Errors are those of Select.
func (lb *LoadBalancer) SelectAndAcquire(service string, p Pick) (Selection, func(), error) {
	g := lb.groups.get(service)
	if g == nil {
		return Selection{}, nil, ErrUnknownService
	}
	return g.acquire(p)
}

// BackendCount returns the number of listed backends of the service; 0 when it is not known.
func (lb *LoadBalancer) BackendCount(service string) int {
	if g := lb.groups.get(service); g != nil {
		v := g.view.Load()
		return len(v.members) - v.held
	}
	return 0
}

// HealthyCount returns the number of listed backends that are healthy; 0 when the service is not known.
func (lb *LoadBalancer) HealthyCount(service string) int {
	if g := lb.groups.get(service); g != nil {
		return g.view.Load().healthy
	}
	return 0
}

// ListServiceNames returns the names of all services, sorted.
func (lb *LoadBalancer) ListServiceNames() []string {
	names := []string{}
	lb.groups.each(func(g *group) { names = append(names, g.name) })
	slices.Sort(names)
	return slices.Compact(names) // one that went and came back meanwhile stands in two places
}

func unknown(service string) error { return fmt.Errorf("%w %q", ErrUnknownService, service) }

// Addresses returns the addresses of the service's backends, held ones included, in the order of the list
// that registered them; nil when it is not known.
func (lb *LoadBalancer) Addresses(service string) []string {
	g := lb.groups.get(service)
	if g == nil {
		return nil
	}
	v := g.view.Load()
	addresses := make([]string, len(v.members))
	for i := range v.members {
		addresses[i] = v.members[i].backend.address
	}
	return addresses
}

// Has is nil when the service has a backend at that address; ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) Has(service, address string) error {
	g := lb.groups.get(service)
	switch {
	case g == nil:
		return unknown(service)
	case g.view.Load().find(address) < 0:
		return unknownBackend(service, address)
	}
	return nil
}
