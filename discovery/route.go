package discovery

import (
	"slices"
	"strings"
)

// origin says why a service is watched.
type origin uint8

const (
	nowhere    origin = iota
	demanded          // somebody asked, and a provider's globs permit it
	imported          // a provider with import = "all" lists it
	configured        // the plan names it
)

// want is one source that a service should have.
type want struct {
	provider *provider
	query    Query
	shape    shape
}

// route says where a service comes from.
type route struct {
	origin  origin
	wants   []want
	waiting bool // nowhere yet, but a list that could hold it is on its way
}

func (r route) uses(p *provider) bool {
	return slices.ContainsFunc(r.wants, func(w want) bool { return w.provider == p })
}

// resolve decides where a service comes from: the plan wins over globs, earlier providers over later
// ones. The caller holds the lock.
func (c *Catalog) resolve(name string) route {
	if plan, ok := c.explicit[name]; ok {
		return route{origin: configured, wants: c.wants(plan)}
	}
	waiting := false
	for _, p := range c.providers {
		switch {
		case !p.permits(name):
		case p.listing == nil:
			return route{origin: demanded, wants: whole(p, name)}
		case p.listing.keeps(name):
			return route{origin: imported, wants: whole(p, name)}
		default:
			waiting = waiting || !p.listing.known
		}
	}
	return route{waiting: waiting}
}

func whole(p *provider, name string) []want {
	return []want{{provider: p, query: Query{Service: name, Name: name}}}
}

func (c *Catalog) wants(plan ServicePlan) []want {
	wants := make([]want, 0, len(plan.Sources))
	for _, source := range plan.Sources {
		for _, p := range c.providers {
			if p.name == source.Provider {
				wants = append(wants, want{p, source.query(plan.Name), shape{c.filters[source.Filter], source.Priority}})
			}
		}
	}
	return wants
}

// reroute makes a service come from where the plan and the lists now say, from nowhere included. A
// service that nobody watches begins only if it is to be watched always. The caller holds the lock.
func (c *Catalog) reroute(name string) {
	r, s := c.resolve(name), c.lookup(name)
	if s != nil && !c.survives(s, r) {
		c.remove(s)
		s = nil
	}
	switch {
	case s != nil:
		c.direct(s, r)
	case r.origin == imported || r.origin == configured:
		c.open(name, r)
	}
}

// survives says whether a service lives on under a new route. One that has left the plan does only if
// a glob permits the very source that it had: what an operator deleted must not linger.
func (c *Catalog) survives(s *service, r route) bool {
	if r.origin == nowhere {
		return false
	}
	if s.origin != configured || r.origin == configured {
		return true
	}
	return find(s.sources, r.wants[0]) != nil
}

// open begins to watch a service. The caller holds the lock.
func (c *Catalog) open(name string, r route) *service {
	s := &service{name: strings.Clone(name)} // not a piece of a request that it would keep alive
	s.phase.Store(uint32(Pending))
	c.services.Store(s.name, s)
	c.direct(s, r)
	return s
}

// remove ends a service. The caller holds the lock.
func (c *Catalog) remove(s *service) {
	c.services.Delete(s.name)
	delete(c.onDemand, s)
	s.gone = true
	s.decide(removed)
	for _, src := range s.sources {
		c.later = append(c.later, src.stop)
	}
	c.queue.push(s)
}
