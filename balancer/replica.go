package balancer

import (
	"fmt"
	"maps"
)

// Replica is a group as another load balancer has it, to be chosen among in the same way here.
type Replica struct {
	Settings Settings
	Stale    bool
	Backends []ReplicaBackend
}

// ReplicaBackend is one backend of a Replica. Its verdicts stand for the endpoint's registry verdict too.
type ReplicaBackend struct {
	Endpoint
	Verdicts Verdicts
	Damped   bool // as SetDamped says
}

// Replicate makes the service what the replica says, in one view: it is registered if it is not there
// yet, and else changed, so that backends at unchanged addresses keep their counters and identity. All
// verdicts are taken over, the operator's included: drains that were set here are forgotten. Of backends
// with the same address the first counts. A replica that makes no sense is an error, and then nothing
// changes. One caller at a time may replicate a service.
func (lb *LoadBalancer) Replicate(service string, r Replica) (Diff, error) {
	if err := r.Settings.Check(); err != nil {
		return Diff{}, fmt.Errorf("replicate service %q: %w", service, err)
	}
	endpoints := r.endpoints()
	if err := checkAll(endpoints); err != nil {
		return Diff{}, fmt.Errorf("replicate service %q: %w", service, err)
	}
	verdicts := r.verdicts()
	lb.drains.mirror(service, verdicts)
	if lb.groups.get(service) == nil {
		return lb.registerReplica(service, r, endpoints, verdicts), nil
	}
	var diff Diff
	err := lb.change(service, func(g *group, v *view) (*view, error) {
		var next *view
		next, diff = g.follow(lb, v, r, endpoints, verdicts)
		return next, nil
	})
	return diff, err
}

func (r *Replica) endpoints() []Endpoint {
	endpoints := make([]Endpoint, len(r.Backends))
	for i := range r.Backends {
		endpoints[i] = r.Backends[i].Endpoint
		endpoints[i].Registry = r.Backends[i].Verdicts.Registry
	}
	return endpoints
}

func (r *Replica) verdicts() map[string]Verdicts {
	verdicts := make(map[string]Verdicts, len(r.Backends))
	for i := range r.Backends {
		if _, twice := verdicts[r.Backends[i].Address]; !twice {
			verdicts[r.Backends[i].Address] = r.Backends[i].Verdicts
		}
	}
	return verdicts
}

// damped is nil for nearly every replica.
func (r *Replica) damped() map[string]bool {
	var damped map[string]bool
	for i := range r.Backends {
		if !r.Backends[i].Damped {
			continue
		}
		if damped == nil {
			damped = make(map[string]bool)
		}
		damped[r.Backends[i].Address] = true
	}
	return damped
}

func (lb *LoadBalancer) registerReplica(service string, r Replica, endpoints []Endpoint, verdicts map[string]Verdicts) Diff {
	g := &group{name: service, clock: &lb.clock}
	v, diff := g.follow(lb, &view{settings: &Settings{}}, r, endpoints, verdicts)
	lb.published(service, lb.replace(g, v))
	return diff
}

// follow returns the view that makes the group what the replica says, nil when it is that already. The
// group's lock is held, or nobody knows the group yet.
func (g *group) follow(lb *LoadBalancer, v *view, r Replica, endpoints []Endpoint, verdicts map[string]Verdicts) (*view, Diff) {
	members, sorted, diff := g.merge(v, endpoints, &lb.drains)
	changed := !diff.Empty() || *v.settings != r.Settings || v.stale != r.Stale
	damped := r.damped()
	for i := range members {
		m := &members[i]
		if told := damped[m.backend.address]; m.damped != told {
			m.damped, changed = told, true
		}
		if told := verdicts[m.backend.address]; m.verdicts != told {
			m.verdicts, changed = told, true
		}
	}
	if !changed {
		return nil, diff
	}
	g.prepare(r.Settings.Strategy)
	return &view{settings: lb.shared(r.Settings), stale: r.Stale, members: members, sorted: sorted}, diff
}

// mirror makes the drains that are remembered of a service those of the verdicts.
func (d *drains) mirror(service string, verdicts map[string]Verdicts) {
	d.mu.Lock()
	defer d.mu.Unlock()
	drained := make(map[string]struct{})
	for address, v := range verdicts {
		if v.Admin == AdminDrain {
			drained[address] = struct{}{}
		}
	}
	switch {
	case maps.Equal(d.of[service], drained):
	case len(drained) == 0:
		delete(d.of, service)
	case d.of == nil:
		d.of = map[string]map[string]struct{}{service: drained}
	default:
		d.of[service] = drained
	}
}

// Backend returns the backend of the service at that address. ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) Backend(service, address string) (*Backend, error) {
	g := lb.groups.get(service)
	if g == nil {
		return nil, unknown(service)
	}
	v := g.view.Load()
	at := v.find(address)
	if at < 0 {
		return nil, unknownBackend(service, address)
	}
	return v.members[at].backend, nil
}

// Adjust changes the number of active connections by so many at once, for uses that somebody else
// counts. Whoever adds some has to take them away again.
func (b *Backend) Adjust(active int) {
	if active == 0 {
		return
	}
	b.active.Add(int32(active))
	b.group.loadChanged(b)
}

// EachActive calls each with the backends of the service that have active connections. It returns false
// when the service is not known.
func (lb *LoadBalancer) EachActive(service string, each func(address string, active int)) bool {
	g := lb.groups.get(service)
	if g == nil {
		return false
	}
	v := g.view.Load()
	for i := range v.members {
		if b := v.members[i].backend; b.ActiveConnections() != 0 {
			each(b.address, b.ActiveConnections())
		}
	}
	return true
}

// Eligible returns the addresses of the backends that may be selected as things stand, of all tiers and
// zones that get a share, and their weights, less than configured in slow start. Nil when the service is
// not known.
func (lb *LoadBalancer) Eligible(service string) []Eligible {
	g := lb.groups.get(service)
	if g == nil {
		return nil
	}
	v := g.view.Load()
	eligible := make([]Eligible, 0, len(v.members))
	for i := range v.members {
		if m := &v.members[i]; m.pool > 0 {
			eligible = append(eligible, Eligible{m.backend.address, float64(m.share()) / fullRamp})
		}
	}
	return eligible
}

// Eligible is a backend that may be selected.
type Eligible struct {
	Address string
	Weight  float64
}

// ComparesLoad says whether the strategy looks at active connections.
func (s Strategy) ComparesLoad() bool { return s == LeastConnections || s == P2C || s == PeakEWMA }
