package discovery

// A service that was imported because a list has it lives on when the list has it no more, for as long as
// its own source lists a member or some are held: a catalog that was emptied by mistake takes the names
// away together with the members. Where members are not held, it ends at once.

// linger notes whether the list of a provider has a service that was imported from it. The caller holds the
// lock.
func (c *Catalog) linger(l *listing, name string) {
	s := c.lookup(name)
	if s == nil || s.origin != imported || s.sources[0].provider != l.provider {
		return
	}
	s.lingers = !l.has(name) && c.holdDownOf(name) > 0 && Answer(s.phase.Load()) == Ready
	if s.lingers {
		c.queue.push(s) // it may be empty already
	}
}

// keeps says whether a provider has a service, though its list may have it no more. The caller holds the
// lock.
func (l *listing) keeps(name string) bool {
	if l.has(name) {
		return true
	}
	s := l.catalog.lookup(name)
	return s != nil && s.lingers && s.sources[0].provider == l.provider
}

// endLingering ends a service that has nothing any more, unless a list has it.
func (c *Catalog) endLingering(s *service) {
	c.mu.Lock()
	if s.gone || !s.lingers {
		c.mu.Unlock()
		return
	}
	s.lingers = false
	c.reroute(s.name)
	c.mu.Unlock()
	c.flush()
}
