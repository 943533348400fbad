package balancer

import (
	"fmt"
	"slices"
)

// Diff names the addresses that an update added, removed and changed, each in the order of the list
// that named it.
type Diff struct {
	Added, Removed, Changed []string

	// Turned are those of Changed that their source now calls usable, or no longer, while nothing that
	// probes say stands against them.
	Turned []string
}

// Empty is true when nothing differs.
func (d Diff) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// change applies f to the group of a service. f runs under the group's lock and returns the next view,
// to be completed, or nil when there is nothing to publish.
func (lb *LoadBalancer) change(service string, f func(g *group, v *view) (*view, error)) error {
	for g := lb.groups.get(service); g != nil; g = lb.settled(service) {
		index, retired, err := g.change(lb, f)
		if retired {
			continue
		}
		if index > 0 {
			lb.published(service, index)
		}
		return err
	}
	return unknown(service)
}

// settled returns the group of a service once nobody is about to put another in its place.
func (lb *LoadBalancer) settled(service string) *group {
	lb.mu.Lock()
	defer lb.mu.Unlock()
	return lb.groups.get(service)
}

func (g *group) change(lb *LoadBalancer, f func(*group, *view) (*view, error)) (index uint64, retired bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.retired.Load() {
		return 0, true, nil
	}
	next, err := f(g, g.view.Load())
	if next == nil || err != nil {
		return 0, false, err
	}
	g.publish(lb, g.complete(next, lb.now()))
	return next.index, false, nil
}

// UpdateBackends gives the service a new list of endpoints. Backends at unchanged addresses keep
// every bit of state and their identity. It returns what changed; when nothing did, nothing is
// published. Errors: ErrUnknownService, or an endpoint that makes no sense; then nothing changes.
func (lb *LoadBalancer) UpdateBackends(service string, endpoints []Endpoint) (Diff, error) {
	if err := checkAll(endpoints); err != nil {
		return Diff{}, fmt.Errorf("update service %q: %w", service, err)
	}
	var diff Diff
	err := lb.change(service, func(g *group, v *view) (next *view, _ error) {
		var (
			members []member
			sorted  []uint32
		)
		if members, sorted, diff = g.merge(v, endpoints, &lb.drains); diff.Empty() {
			return nil, nil
		}
		next = v.copy()
		next.members, next.sorted = members, sorted
		return next, nil
	})
	return diff, err
}

// describe takes over the endpoint's attributes and tells whether any differs.
func (m *member) describe(e *Endpoint, share *sharer) (changed bool) {
	if m.weight == e.weight() && m.id == e.ID && m.priority == uint8(e.Priority) && m.held == e.Held &&
		m.verdicts.Registry == e.Registry && m.attrs.equal(e) {
		return false
	}
	m.id = e.ID
	if !m.attrs.equal(e) {
		m.attrs = share.share(e)
	}
	m.weight = e.weight()
	m.priority = uint8(e.Priority)
	m.held = e.Held
	m.verdicts.Registry = e.Registry
	return true
}

// create makes backends for endpoints in one slab and hands each to add as a member.
func (g *group) create(endpoints []Endpoint, drains *drains, share *sharer, add func(int, member)) {
	slab := make([]Backend, len(endpoints))
	for i := range endpoints {
		e, b := &endpoints[i], &slab[i]
		b.group = g
		b.leaf = -1
		b.since = neverHealthy
		b.address = e.Address
		m := member{backend: b, id: e.ID, attrs: share.share(e), weight: e.weight(), priority: uint8(e.Priority), held: e.Held}
		m.verdicts = Verdicts{Registry: e.Registry, Admin: drains.verdict(g.name, e.Address)}
		add(i, m)
	}
}

// AddBackend adds one backend; at an address that is present it changes the attributes only. The diff
// says which. Errors are those of UpdateBackends.
func (lb *LoadBalancer) AddBackend(service string, endpoint Endpoint) (Diff, error) {
	if err := endpoint.check(); err != nil {
		return Diff{}, fmt.Errorf("add backend to service %q: %w", service, err)
	}
	var diff Diff
	err := lb.change(service, func(g *group, v *view) (*view, error) {
		var share sharer
		if at := v.find(endpoint.Address); at >= 0 {
			m := v.members[at]
			if !m.describe(&endpoint, &share) {
				return nil, nil
			}
			diff.Changed = []string{endpoint.Address}
			return v.with(at, func(to *member) { *to = m }), nil
		}
		diff.Added = []string{endpoint.Address}
		next := v.copy()
		next.members = make([]member, len(v.members), len(v.members)+1)
		copy(next.members, v.members)
		g.create([]Endpoint{endpoint}, &lb.drains, &share, func(_ int, m member) {
			next.members = append(next.members, m)
		})
		next.sorted = insertPlace(v.sorted, next.members)
		return next, nil
	})
	return diff, err
}

// RemoveBackend takes one backend out. Uses of it go on and still release. ErrUnknownService,
// ErrUnknownBackend.
func (lb *LoadBalancer) RemoveBackend(service, address string) error {
	return lb.change(service, func(_ *group, v *view) (*view, error) {
		at := v.find(address)
		if at < 0 {
			return nil, unknownBackend(service, address)
		}
		v.members[at].backend.leaf = -1
		next := v.copy()
		next.members = slices.Delete(slices.Clone(v.members), at, at+1)
		next.sorted = removePlace(v.sorted, uint32(at))
		return next, nil
	})
}

// Configure changes how the service's backends are chosen among, and nothing else. Settings that make no
// sense are an error, and then nothing changes; ErrUnknownService.
func (lb *LoadBalancer) Configure(service string, settings Settings) error {
	if err := settings.Check(); err != nil {
		return fmt.Errorf("configure service %q: %w", service, err)
	}
	return lb.change(service, func(g *group, v *view) (*view, error) {
		if *v.settings == settings {
			return nil, nil
		}
		g.prepare(settings.Strategy)
		next := v.copy()
		next.settings = lb.shared(settings)
		next.members = slices.Clone(v.members)
		return next, nil
	})
}

// SetStale says whether the service's source has failed to answer lately.
func (lb *LoadBalancer) SetStale(service string, stale bool) error {
	return lb.change(service, func(_ *group, v *view) (*view, error) {
		if v.stale == stale {
			return nil, nil
		}
		next := v.copy()
		next.members = slices.Clone(v.members)
		next.stale = stale
		return next, nil
	})
}

func unknownBackend(service, address string) error {
	return fmt.Errorf("%w %s of service %q", ErrUnknownBackend, address, service)
}
