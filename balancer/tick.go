package balancer

import (
	"slices"
	"sync"
	"time"
)

// TickEvery is how often Tick wants to be called.
const TickEvery = clockTick

// Tick lets time pass: the clock of peak_ewma moves on, and backends in slow start grow. Its cost is that
// of the groups with such backends. It raises no index, since nothing that happened made the difference.
func (lb *LoadBalancer) Tick() {
	now := lb.now()
	lb.clock.advance(now)
	for g := range lb.ramping.take() {
		if g.grow(now) {
			lb.ramping.add(g)
		}
	}
}

// grow publishes the view anew if a ramp has changed, and tells whether any is left.
func (g *group) grow(now time.Duration) (ramping bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.view.Load()
	if g.retired.Load() || !v.ramping {
		return false
	}
	if !slices.ContainsFunc(v.members, func(m member) bool { return g.rampOf(&m, v.settings, now) != m.ramp }) {
		return true
	}
	next := v.copy()
	next.members = slices.Clone(v.members)
	g.complete(next, now)
	next.index = v.index
	g.put(next)
	return next.ramping
}

// groupSet is a set of groups that may be used concurrently.
type groupSet struct {
	mu  sync.Mutex
	set map[*group]struct{}
}

func (s *groupSet) add(g *group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		s.set = make(map[*group]struct{})
	}
	s.set[g] = struct{}{}
}

// take empties the set and returns what was in it.
func (s *groupSet) take() map[*group]struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.set
	s.set = nil
	return taken
}
