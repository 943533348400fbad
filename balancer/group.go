package balancer

import (
	"sync"
	"sync/atomic"
)

// group is one service: the view in force and what outlives it. Readers load the view; writers hold
// mu, build the next view and publish it.
type group struct {
	name   string
	view   atomic.Pointer[view]
	ticket atomic.Uint64 // selections so far

	loadAware atomic.Bool // the view's picker follows the counters, or is about to

	mu      sync.Mutex
	retired bool // replaced or unregistered: it publishes no more
}

// publish puts the next view in force; mu is held.
func (g *group) publish(lb *LoadBalancer, next *view) {
	next.index = lb.index.Add(1)
	g.view.Store(next)
}

// prepare says that a view of that strategy is about to be built; mu is held. From here on, whoever
// changes a counter also updates the tree, and waits for mu to do so: a change that came too early
// to know was made before the tree reads the counters.
func (g *group) prepare(s Strategy) {
	if s == LeastConnections {
		g.loadAware.Store(true)
	}
}

// loadChanged tells the load tree that the backend's active connections changed.
func (g *group) loadChanged(b *Backend) {
	if !g.loadAware.Load() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if tree, ok := g.view.Load().picker.(*loadTree); ok && b.leaf >= 0 {
		tree.update(b)
	}
}

// acquire selects and counts in one step, so that two callers at once do not both take the backend
// that was least loaded.
func (g *group) acquire(p Pick) (Selection, func(), error) {
	if g.loadAware.Load() {
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	s, err := g.selectWith(p)
	if err != nil {
		return Selection{}, nil, err
	}
	s.Backend.active.Add(1)
	if tree, ok := s.view.picker.(*loadTree); ok && s.Backend.leaf >= 0 {
		tree.update(s.Backend)
	}
	return s, s.Backend.releaser(), nil
}
