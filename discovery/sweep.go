package discovery

import (
	"context"
	"time"
)

// absentTimeout is how long a service that nobody offers stays watched, so that asking for it again
// and again costs its registry little, and a service that comes up meanwhile is seen at once.
const absentTimeout = 30 * time.Second

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

func (c *Catalog) sweep(now time.Time) {
	c.mu.Lock()
	for len(c.absent) > 0 && now.Sub(c.absent[0].since) >= absentTimeout {
		c.evictAbsent()
	}
	idle := c.idle(now)
	c.mu.Unlock()

	kept := make(map[*service]bool)
	for _, s := range idle {
		kept[s] = c.keep(s.name)
	}

	c.mu.Lock()
	for _, s := range idle {
		switch {
		case kept[s]:
			s.used = now
		case !s.gone && s.origin == demanded && !s.asked.Load():
			c.remove(s)
		}
	}
	c.mu.Unlock()
	c.flush()
}

// idle returns the services on demand that nobody asked for during their idle timeout.
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

// makeRoom says whether one more service may be watched on demand; if need be it ends the one that
// has been absent longest. So names that nobody offers never keep out those that somebody does. The
// caller holds the lock.
func (c *Catalog) makeRoom() bool {
	for len(c.onDemand) >= c.limit && len(c.absent) > 0 {
		c.evictAbsent()
	}
	return len(c.onDemand) < c.limit
}

// evictAbsent ends the service that was found absent first, if it still is.
func (c *Catalog) evictAbsent() {
	s := c.absent[0]
	c.absent[0] = nil
	c.absent = c.absent[1:]
	if !s.gone && s.origin == demanded && Answer(s.phase.Load()) == Absent {
		c.remove(s)
	}
}
