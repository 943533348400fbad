package discovery

import "context"

// Ask says what is known of a service and counts as a use of it. A service that a provider's globs
// permit on demand begins to be watched. After Ready, the Consumer has the service, and as long as the
// plan allows it keeps it for the idle timeout at least.
//
// Asking for a service that is watched takes no lock and no clock and does not allocate.
func (c *Catalog) Ask(name string) Answer {
	if s := c.lookup(name); s != nil {
		if answer := s.ask(); answer != removed {
			return answer
		}
	}
	if CheckServiceName(name) != nil {
		return Unknown
	}
	answer := c.demand(name)
	for answer == OverLimit && c.makeRoom() {
		answer = c.demand(name)
	}
	c.flush()
	return answer
}

// Wait asks, and while the answer is Pending waits for a better one until ctx ends; then it returns
// Pending and the error of ctx.
func (c *Catalog) Wait(ctx context.Context, name string) (Answer, error) {
	for {
		answer := c.Ask(name)
		if answer != Pending {
			return answer, nil
		}
		select {
		case <-c.decision(name):
		case <-ctx.Done():
			return Pending, ctx.Err()
		}
	}
}

// demand begins to watch a service because somebody asked for it.
func (c *Catalog) demand(name string) Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.lookup(name); s != nil { // somebody else was faster
		return s.ask()
	}
	r := c.resolve(name)
	switch {
	case c.phase == ended:
		return Unknown
	case r.waiting:
		return Pending
	case r.origin == nowhere:
		return Unknown
	case len(c.onDemand) >= c.limit:
		return OverLimit
	}
	return c.open(name, r).ask()
}

// decision returns a channel that is closed when asking again is worth it.
func (c *Catalog) decision(name string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.lookup(name)
	switch {
	case s == nil && c.resolve(name).waiting:
		return lazily(&c.listed)
	case s == nil || Answer(s.phase.Load()) != Pending:
		return closed
	default:
		return lazily(&s.decided)
	}
}

// closed is a decision that has been made.
var closed = func() chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}()

func lazily(ch *chan struct{}) <-chan struct{} {
	if *ch == nil {
		*ch = make(chan struct{})
	}
	return *ch
}

// wakeListed wakes those who wait for a list. The caller holds the lock.
func (c *Catalog) wakeListed() {
	if c.listed != nil {
		close(c.listed)
		c.listed = nil
	}
}
