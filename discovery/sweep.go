package discovery

import (
	"context"
	"time"
)

// absentTimeout is how long a service that nobody offers stays watched, so that asking for it again
// and again costs its registry little, and a service that comes up meanwhile is seen at once.
const absentTimeout = 30 * time.Second

// roomTries bounds what one Ask does to find room where many absent services are in use.
const roomTries = 16

// sweepUntil stops what nobody uses any more, until ctx ends.
func (c *Catalog) sweepUntil(ctx context.Context) {
	for Sleep(ctx, c.sweepInterval()) == nil {
		c.sweep(time.Now())
	}
}

// sweepInterval is a tenth of the shortest idle timeout: a service stays up to a fifth longer than its
// timeout, and at most 20 s longer.
func (c *Catalog) sweepInterval() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	shortest := DefaultIdleTimeout
	for _, p := range c.providers {
		shortest = min(shortest, p.idleTimeout())
	}
	return min(max(shortest/10, time.Second), 10*time.Second)
}

// sweep ends the services on demand that nobody uses any more. Whether one is in use is asked right
// before it ends, so that hardly anything can begin to use it in between.
func (c *Catalog) sweep(now time.Time) {
	c.mu.Lock()
	absent, idle := c.absentUntil(now.Add(-absentTimeout)), c.idle(now)
	c.mu.Unlock()
	for _, s := range absent {
		c.evict(s, now)
	}
	for _, s := range idle {
		c.expire(s, now)
	}
	c.flush()
}

// idle returns the services on demand that nobody asked for during their idle timeout. The caller
// holds the lock.
func (c *Catalog) idle(now time.Time) (idle []*service) {
	for s := range c.onDemand {
		if s.asked.Swap(false) {
			s.used = now
		} else if now.Sub(s.used) >= s.sources[0].provider.idleTimeout() {
			idle = append(idle, s)
		}
	}
	return idle
}

// expire ends an idle service, unless it is in use or somebody has asked for it since. An Ask takes no
// lock: it sets asked and then reads phase, while this writes phase and then reads asked. So at least
// one of the two sees the other, and who was told that a service is there keeps it.
func (c *Catalog) expire(s *service, now time.Time) {
	kept := c.keep(s.name)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch phase := s.phase.Load(); {
	case s.gone || s.origin != demanded:
	case kept:
		s.used = now
	default:
		s.phase.Store(uint32(removed))
		if s.asked.Load() {
			s.phase.Store(phase)
			return
		}
		c.remove(s)
	}
}

// noteAbsent puts a service into the list of those that nobody offers. The caller holds the lock.
func (c *Catalog) noteAbsent(s *service, now time.Time) {
	if !s.absent {
		s.absent, s.since = true, now
		c.absent = append(c.absent, s)
	}
}

// popAbsent takes the service out of the list that has been there longest. The caller holds the lock.
func (c *Catalog) popAbsent() *service {
	s := c.absent[0]
	c.absent[0] = nil
	c.absent = c.absent[1:]
	s.absent = false
	return s
}

// absentUntil takes out those that were put into the list by then. The caller holds the lock.
func (c *Catalog) absentUntil(then time.Time) (absent []*service) {
	for len(c.absent) > 0 && !c.absent[0].since.After(then) {
		absent = append(absent, c.popAbsent())
	}
	return absent
}

// evict ends a service that nobody offers and nobody uses, and says whether it did. One that is in use
// goes to the end of the list: whoever follows it wants to see it come up.
func (c *Catalog) evict(s *service, now time.Time) bool {
	kept := c.keep(s.name)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case s.gone || s.origin != demanded || Answer(s.phase.Load()) == Ready:
		return false
	case kept:
		c.noteAbsent(s, now)
		return false
	}
	c.remove(s)
	return true
}

// makeRoom ends a service that nobody offers and nobody uses, one of those that have been so longest,
// and says whether it found one. So names that nobody offers never keep out those that somebody does.
func (c *Catalog) makeRoom() bool {
	for range roomTries {
		c.mu.Lock()
		if len(c.absent) == 0 {
			c.mu.Unlock()
			return false
		}
		s := c.popAbsent()
		c.mu.Unlock()
		if c.evict(s, time.Now()) {
			return true
		}
	}
	return false
}
