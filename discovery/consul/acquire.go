package consul

import (
	"context"
	"slices"
	"time"
)

// waiter is one that wants room; it hears once.
type waiter struct {
	since time.Time
	told  chan told // holds one
}

// told is what a waiter hears: here is your room, please add a connection, or there is no way.
type told struct {
	lease *lease
	dial  bool
	err   error
}

// acquire waits for room and for its turn.
func (p *pool) acquire(ctx context.Context) (*lease, error) {
	w := &waiter{since: time.Now(), told: make(chan told, 1)}
	p.mu.Lock()
	p.queue = append(p.queue, w)
	p.serve()
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		p.abandon(w)
		return nil, ctx.Err()
	case t := <-w.told:
		if t.dial {
			return p.extend(ctx, w)
		}
		return t.lease, t.err
	}
}

// abandon takes back a waiter that no longer wants what it may have been given meanwhile.
func (p *pool) abandon(w *waiter) {
	p.mu.Lock()
	p.queue = slices.DeleteFunc(p.queue, func(other *waiter) bool { return other == w })
	var t told
	select {
	case t = <-w.told:
	default:
	}
	if t.dial { // somebody else will do it
		p.dialing--
		p.serve()
	}
	p.mu.Unlock()
	if t.lease != nil {
		p.release(t.lease)
	}
}

// extend adds a connection on behalf of w, which then has the first room on it.
func (p *pool) extend(ctx context.Context, w *waiter) (*lease, error) {
	p.mu.Lock()
	transport, generation := p.transport, p.generation
	p.mu.Unlock()
	c, err := p.dial(ctx, transport)
	l, err := p.extended(ctx, w, c, generation, err)
	if err != nil && c != nil {
		_ = c.http.Close() // nobody has used it
	}
	return l, err
}

// extended takes the outcome of dial.
func (p *pool) extended(ctx context.Context, w *waiter, c *connection, generation int, err error) (*lease, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.serve()
	p.dialing--
	switch {
	case err != nil && ctx.Err() == nil && len(p.connections) == 0:
		p.refuse(err) // the others would fare no better
		return nil, err
	case err != nil:
		return nil, err
	case generation != p.generation:
		return nil, errRenewed
	}
	c.generation = generation
	p.connections = append(p.connections, c)
	return p.grant(w, c), nil
}

func (p *pool) refuse(err error) {
	for _, w := range p.queue {
		w.told <- told{err: err}
	}
	p.queue = nil
}
