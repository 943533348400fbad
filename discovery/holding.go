package discovery

import (
	"maps"
	"time"
)

// hold finds out which members are held after an update; lists are those that people change. It is called
// by the goroutine that delivers, as is all that touches the service's withdrawals.
func (c *Catalog) hold(s *service, u Update, lists [][]Endpoint) []Held {
	now := time.Now()
	if n := s.withdrawals.step(u.Diff, len(u.Endpoints), s.takenOut(lists), s.holdDown, now); n > 0 {
		c.logHold(s, n, len(u.Endpoints))
	}
	held := s.withdrawals.list(s.holdDown)
	c.showHeld(s, held)
	s.stopHolding()
	if len(held) > 0 { // in the order of their ends, too
		s.holdOver = time.AfterFunc(held[0].Until.Sub(now), func() { c.queue.push(s) })
	}
	return held
}

// takenOut returns the addresses that people list, or listed before: what is gone of them is meant to be.
func (s *service) takenOut(lists [][]Endpoint) map[string]bool {
	if len(lists) == 0 && s.own == nil {
		return nil
	}
	before, now := s.own, addressesOf(lists...)
	s.own = maps.Clone(now)
	if len(now) == 0 {
		s.own = nil
	}
	maps.Copy(now, before)
	return now
}

// showHeld lets others than the goroutine that delivers know what is held.
func (c *Catalog) showHeld(s *service, held []Held) {
	if len(held)+len(s.sent.Held) == 0 {
		return
	}
	endpoints := make([]Endpoint, len(held))
	for i := range held {
		endpoints[i] = held[i].Endpoint
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.held = endpoints
}

func (s *service) stopHolding() {
	if s.holdOver != nil {
		s.holdOver.Stop()
		s.holdOver = nil
	}
}

func (c *Catalog) logHold(s *service, held, listed int) {
	if ok, suppressed := c.lines.pass(time.Now()); ok {
		c.log.Warn("so many members were withdrawn at once that they are held for a while", "service", s.name,
			"held", held, "listed", listed, "hold-down", s.holdDown, "lines-held-back", suppressed)
	}
}

// holdDownOf is how long members of a service are held. The caller holds the lock.
func (c *Catalog) holdDownOf(service string) time.Duration {
	if plan, ok := c.explicit[service]; ok {
		return plan.HoldDown
	}
	return c.holdDown
}
