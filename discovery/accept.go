package discovery

import (
	"context"
	"slices"
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
