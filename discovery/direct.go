package discovery

import (
	"slices"
	"time"
)

// direct gives a service its sources: those that are unchanged keep their watch and what they know,
// and what the replaced ones said counts until the new ones have data. The caller holds the lock.
func (c *Catalog) direct(s *service, r route) {
	c.setOrigin(s, r.origin)
	before := s.sources
	var added []*source
	s.sources = make([]*source, 0, len(r.wants))
	for _, w := range r.wants {
		src := find(before, w)
		if src == nil {
			src = newSource(c, s, w, r.origin != demanded)
			added = append(added, src)
			c.later = append(c.later, src.start)
		}
		s.sources = append(s.sources, src)
	}
	if !slices.Equal(before, s.sources) {
		c.replace(s, before, added)
		c.queue.push(s)
	}
	c.noteLosers(s.name, r)
}

// replace stops the sources that a service no longer has and keeps what they said until those that
// were added have data.
func (c *Catalog) replace(s *service, before, added []*source) {
	gone := func(src *source) bool { return !slices.Contains(s.sources, src) }
	for i := range s.leaving { // those who were waited for may be gone in turn
		s.leaving[i].until = append(slices.DeleteFunc(slices.Clone(s.leaving[i].until), gone), added...)
	}
	for _, src := range before {
		if !gone(src) {
			continue
		}
		c.later = append(c.later, src.stop)
		if last := src.report(); last.known {
			s.leaving = append(s.leaving, departure{last.endpoints, added, !slices.ContainsFunc(added, src.isRemade)})
		}
	}
}

// isRemade says whether another source asks for the same, of a provider of the same name that was made anew.
func (src *source) isRemade(by *source) bool {
	return src.provider.name == by.provider.name && src.query.equal(by.query) && src.shape.equal(by.shape)
}

func (c *Catalog) setOrigin(s *service, to origin) {
	if s.origin == to {
		return
	}
	s.origin = to
	for _, src := range s.sources {
		src.require(to != demanded)
	}
	delete(c.onDemand, s)
	if to == demanded {
		c.onDemand[s] = struct{}{}
		s.used = time.Now()
	}
	c.queue.push(s) // what was absent on demand is empty now, and the Consumer is to know
}

// noteLosers has it logged, once, which providers have or permit the service in vain.
func (c *Catalog) noteLosers(name string, r route) {
	for _, p := range c.providers {
		holds := p.permits(name) && (p.listing == nil || p.listing.has(name))
		if holds && !r.uses(p) && p.lost.first(name) {
			winner := r.wants[0].provider.name
			c.later = append(c.later, func() { p.logLost(name, winner) })
		}
	}
}
