package discovery

import (
	"context"
	"slices"
	"time"
)

// order is that members which are held are to go.
type order struct {
	address string        // of one; empty: all of the service
	done    chan []string // holds what has gone, once the Consumer was told; nil if nobody waits
	gone    []string
}

// Accept sends away all members of a service that are held: what its sources withdrew was meant. It returns
// their addresses once the Consumer was told, and nil when nothing is held or the service is not watched;
// an error only when ctx ends before. It must not be called by the Consumer.
func (c *Catalog) Accept(ctx context.Context, service string) (addresses []string, err error) {
	done := make(chan []string, 1)
	if !c.order(service, order{done: done}) {
		return nil, nil
	}
	select {
	case addresses = <-done:
		return addresses, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Dismiss sends one held member away, for one that is found to be dead. It does not wait until that is
// done, and does nothing where that address is not held.
func (c *Catalog) Dismiss(service, address string) { c.order(service, order{address: address}) }

// order is false when the service is not watched.
func (c *Catalog) order(service string, o order) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.lookup(service)
	if s == nil || c.phase != running {
		return false
	}
	s.orders = append(s.orders, o)
	c.queue.push(s)
	return true
}

// obey carries orders out.
func (w *withdrawals) obey(orders []order) {
	for i := range orders {
		o := &orders[i]
		w.drop(func(m *withdrawn) bool {
			goes := o.address == "" || m.endpoint.Address == o.address
			if goes && m.held {
				o.gone = append(o.gone, m.endpoint.Address)
			}
			return goes
		})
	}
}

// concludeAll tells those who gave orders what came of them.
func concludeAll(orders []order) {
	for _, o := range orders {
		if o.done != nil {
			o.done <- slices.Sorted(slices.Values(o.gone))
		}
	}
}

// hold finds out which members are held after an update. It is called by the goroutine that delivers.
func (c *Catalog) hold(s *service, u Update, lists [][]Endpoint) []Held {
	var own map[string]bool
	if len(lists) > 0 {
		own = addressesOf(lists...)
	}
	for address := range s.own { // what people have just taken out is no longer in a list of theirs
		if own == nil {
			own = make(map[string]bool)
		}
		own[address] = true
	}
	s.own = nil
	if len(lists) > 0 {
		s.own = addressesOf(lists...)
	}
	now := time.Now()
	if n := s.withdrawals.step(u.Diff, len(u.Endpoints), own, s.holdDown, now); n > 0 {
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
