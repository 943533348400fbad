package balancer

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// group is one service: the view in force and what outlives it. Readers load the view; writers hold
// mu, build the next view and publish it.
type group struct {
	name   string
	view   atomic.Pointer[view]
	ticket atomic.Uint64 // selections so far from the only pool
	clock  *coarseClock

	loadAware atomic.Bool // a picker of the view follows the counters, or is about to
	retired   atomic.Bool // replaced or unregistered: it publishes no more; written under mu

	mu      sync.Mutex
	tickets map[poolKey]*atomic.Uint64 // of the other pools
}

// publish puts the next view in force; mu is held.
func (g *group) publish(lb *LoadBalancer, next *view) {
	next.index = lb.index.Add(1)
	g.put(next)
	if next.ramping {
		lb.ramping.add(g)
	}
}

// put puts the next view in force; mu is held.
func (g *group) put(next *view) {
	g.view.Store(next)
	if !next.settings.Strategy.find().followsLoad {
		g.loadAware.Store(false)
	}
}

// prepare says that a view of that strategy is about to be built; mu is held. From here on, whoever
// changes a counter also updates the tree, and waits for mu to do so: a change that came too early
// to know was made before the tree reads the counters.
func (g *group) prepare(s Strategy) {
	if s.find().followsLoad {
		g.loadAware.Store(true)
	}
}

// The times of Backend.since that are no times.
const (
	neverHealthy  = math.MinInt64
	alwaysHealthy = math.MinInt64 / 2 // there since the group was registered
)

// rampOf notes when the member became healthy and tells how much of its weight it has by now.
func (g *group) rampOf(m *member, s *Settings, now time.Duration) uint8 {
	b := m.backend
	switch {
	case !m.verdicts.Healthy():
		b.since = neverHealthy
		return fullRamp
	case b.since == neverHealthy && g.view.Load() == nil:
		b.since = alwaysHealthy
	case b.since == neverHealthy:
		b.since = int64(now)
	}
	if b.since == alwaysHealthy {
		return fullRamp
	}
	return s.SlowStart.ramp(now - time.Duration(b.since))
}

// loadChanged tells the load tree that the backend's active connections changed.
func (g *group) loadChanged(b *Backend) {
	if !g.loadAware.Load() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.updateTree(b)
}

// updateTree takes the backend's load to the tree it is in; mu is held.
func (g *group) updateTree(b *Backend) {
	if b.leaf < 0 {
		return
	}
	v := g.view.Load()
	if len(v.pools) == 0 {
		return
	}
	p := &v.pools[0]
	if len(v.pools) > 1 {
		p = &v.pools[b.pool]
	}
	if tree, ok := p.picker.(*loadTree); ok {
		tree.update(b)
	}
}

// acquire selects and counts in one step, so that two callers at once do not both take the backend
// that was least loaded.
func (g *group) acquire(p Pick) (Selection, func(), error) {
	if !g.loadAware.Load() || len(p.Exclude) > 0 { // exclusions may look at the whole group
		s, err := g.selectWith(p)
		if err != nil {
			return Selection{}, nil, err
		}
		return s, s.Backend.Acquire(), nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.selectWith(p)
	if err != nil {
		return Selection{}, nil, err
	}
	s.Backend.active.Add(1)
	g.updateTree(s.Backend)
	return s, s.Backend.releaser(), nil
}
