package discovery

import (
	"context"
	"slices"
	"time"
)

// deliverUntil hands what is due to the Consumer until ctx ends. One goroutine does it all, which
// gives the Consumer its order.
func (c *Catalog) deliverUntil(ctx context.Context) {
	for ctx.Err() == nil {
		if s := c.queue.pop(); s != nil {
			c.deliver(s)
			continue
		}
		select {
		case <-c.queue.wake:
		case <-ctx.Done():
		}
	}
}

// AwaitDelivered returns once the Consumer has been told of all that was known before the call, or with
// the error of ctx. Run must be running. It may be called concurrently, but not by the Consumer.
func (c *Catalog) AwaitDelivered(ctx context.Context) error {
	select {
	case <-c.queue.mark():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deliverDue hands over what is due now.
func (c *Catalog) deliverDue() {
	for s := c.queue.pop(); s != nil; s = c.queue.pop() {
		c.deliver(s)
	}
}

// deliver tells the Consumer what is new about one service, if anything is.
func (c *Catalog) deliver(s *service) {
	c.mu.Lock()
	gone, asked, v := s.gone, s.origin == demanded, s.look()
	orders := s.orders
	s.orders, s.holdDown = nil, c.holdDownOf(s.name)
	c.mu.Unlock()
	if gone {
		c.withdraw(s)
		concludeAll(orders)
		return
	}
	s.withdrawals.obey(orders)
	defer concludeAll(orders)
	endpoints := Merge(v.inputs...)
	if !s.applied && len(endpoints) == 0 {
		switch {
		case !v.complete:
			return // a source without data does not count as empty
		case asked && v.stale:
			c.conclude(s, Pending) // it was empty when the catalog last answered, which is not now
			return
		case asked:
			c.conclude(s, Absent)
			return
		}
	}
	c.apply(s, Update{Service: s.name, Sources: v.names, Endpoints: endpoints, Stale: v.stale}, v.own)
	c.conclude(s, Ready)
	if v.complete && len(endpoints) == 0 && s.holdOver == nil {
		c.endLingering(s)
	}
}

func (c *Catalog) apply(s *service, update Update, own [][]Endpoint) {
	update.Diff = Compare(s.sent.Endpoints, update.Endpoints)
	update.Held = c.hold(s, update, own)
	same := s.applied &&
		update.Diff.Empty() &&
		sameHeld(update.Held, s.sent.Held) &&
		update.Stale == s.sent.Stale &&
		slices.Equal(update.Sources, s.sent.Sources)
	if !same {
		c.consumer.Apply(update)
	}
	update.Diff = Diff{} // not kept: in a first update it is the whole list
	s.applied, s.sent = true, update
}

func (c *Catalog) withdraw(s *service) {
	if s.applied {
		c.consumer.Drop(s.name)
		s.applied, s.sent = false, Update{}
	}
	s.withdrawals = withdrawals{}
	s.stopHolding()
}

// conclude makes the answer known to those who ask, after the Consumer has heard it.
func (c *Catalog) conclude(s *service, answer Answer) {
	if answer == Ready && Answer(s.phase.Load()) == Ready {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.gone {
		return
	}
	if answer != Ready {
		c.noteAbsent(s, time.Now())
	}
	s.decide(answer)
}
