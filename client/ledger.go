package client

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/balancer"
)

// ledger is what this process does with backends, by address: that is what the agent knows them by, and a
// backend that comes back to its group has its old uses still. The zero value needs lb.
type ledger struct {
	lb   *balancer.LoadBalancer
	news atomic.Bool // something may have changed since the agent was told

	mu      sync.RWMutex
	tallies map[tallyKey]*tally
}

type tallyKey struct{ service, address string }

// tally is one line of the ledger.
type tally struct {
	key    tallyKey
	active atomic.Int32 // uses of this process now

	mu       sync.Mutex
	outcomes outcomes

	// Of the goroutine that tells the agent.
	told   int               // active, as this connection to the agent has it
	others int               // active connections of other processes, added to on
	on     *balancer.Backend // nil: none were added
}

// begin counts a use until end.
func (l *ledger) begin(key tallyKey) *tally {
	t := l.enter(key, 1)
	l.changed()
	return t
}

func (l *ledger) end(t *tally) {
	t.active.Add(-1)
	l.changed()
}

// outcome counts how a use went.
func (l *ledger) outcome(t *tally, success bool, latency time.Duration) {
	t.mu.Lock()
	t.outcomes.add(success, latency)
	t.mu.Unlock()
	l.changed()
}

func (l *ledger) changed() {
	if !l.news.Load() {
		l.news.Store(true)
	}
}

// enter finds the tally or makes it, and adds uses in one step, so that prune never drops one in use.
func (l *ledger) enter(key tallyKey, uses int32) *tally {
	l.mu.RLock()
	t := l.tallies[key]
	if t != nil {
		t.active.Add(uses)
	}
	l.mu.RUnlock()
	if t != nil {
		return t
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t = l.tallies[key]; t == nil {
		t = &tally{key: key}
		if l.tallies == nil {
			l.tallies = make(map[tallyKey]*tally)
		}
		l.tallies[key] = t
	}
	t.active.Add(uses)
	return t
}

// all lists the tallies.
func (l *ledger) all() []*tally {
	l.mu.RLock()
	defer l.mu.RUnlock()
	list := make([]*tally, 0, len(l.tallies))
	for _, t := range l.tallies {
		list = append(list, t)
	}
	return list
}

// prune drops tallies of backends that have left and of which there is nothing to tell. It is for the
// goroutine that tells the agent.
func (l *ledger) prune() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, t := range l.tallies {
		if t.told != 0 || t.active.Load() != 0 || !t.silent() {
			continue
		}
		if _, err := l.lb.Backend(key.service, key.address); err != nil {
			delete(l.tallies, key)
		}
	}
}

func (t *tally) silent() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.outcomes.total == 0
}

// take empties the outcomes.
func (t *tally) take() outcomes {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.outcomes
	t.outcomes = outcomes{}
	return taken
}

// setOthers makes the backend's connections include so many of other processes.
func (t *tally) setOthers(lb *balancer.LoadBalancer, others int) {
	backend, err := lb.Backend(t.key.service, t.key.address)
	if err != nil {
		t.on, t.others = nil, 0
		return
	}
	if backend != t.on { // a fresh one begins without
		t.on, t.others = backend, 0
	}
	backend.Adjust(others - t.others)
	t.others = others
}
