package agent

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/balancer"
)

// What makes a backend doubtful: so many failed outcomes in a row, within a time. One alone may be a
// request that was bad in itself; and a backend that has gone has no success in between.
const (
	doubtfulAfter  = 3
	doubtfulWithin = 10 * time.Second
	doubtfulMost   = 10_000 // backends that are kept an eye on
)

// doubts notices backends that applications can't use, as far as their reports tell: the catalog that lists
// them may have moved on while its watch is stalled. Its methods may be called concurrently.
type doubts struct {
	doubt func(service, address string) // called under no lock

	some atomic.Int32 // how many streaks there are

	mu      sync.Mutex
	streaks map[useKey]failing
}

// failing is failed outcomes in a row.
type failing struct {
	n     int
	since time.Time
}

func newDoubts(doubt func(service, address string)) *doubts {
	return &doubts{doubt: doubt, streaks: make(map[useKey]failing)}
}

// outcome takes one outcome. A success costs one atomic read while nothing fails.
func (d *doubts) outcome(service, address string, success bool, now time.Time) {
	if success && d.some.Load() == 0 {
		return
	}
	if d.doubtful(useKey{service, address}, success, now) {
		d.doubt(service, address)
	}
}

func (d *doubts) doubtful(key useKey, success bool, now time.Time) (doubtful bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.some.Store(int32(len(d.streaks))) }()
	if success {
		delete(d.streaks, key)
		return false
	}
	f := d.streaks[key]
	if f.n == 0 || now.Sub(f.since) > doubtfulWithin {
		d.makeRoom(now)
		f = failing{since: now}
	}
	f.n++
	d.streaks[key] = f
	if f.n < doubtfulAfter {
		return false
	}
	delete(d.streaks, key)
	return true
}

// makeRoom forgets streaks that are too old to count, and all when none is.
func (d *doubts) makeRoom(now time.Time) {
	if len(d.streaks) < doubtfulMost {
		return
	}
	for key, f := range d.streaks {
		if now.Sub(f.since) > doubtfulWithin {
			delete(d.streaks, key)
		}
	}
	if len(d.streaks) >= doubtfulMost {
		clear(d.streaks)
	}
}

// doubt asks the sources of a service again because applications can't use one of its backends, unless they
// say so themselves. A backend that is held goes: nobody lists it, and it does not serve. One that is probed
// is left to its probes, since anybody may report what is not so.
func (g *groups) doubt(service, address string) {
	r := g.record(service)
	if r == nil || r.api {
		return
	}
	v, err := g.lb.Verdicts(service, address)
	if _, held := r.held[address]; held {
		if err != nil || v.Active == balancer.CheckOK {
			return
		}
		g.note(service, "reports", address, "sent away while held: applications can't use it")
		g.holds.Dismiss(service, address)
		return
	}
	if err == nil && v.Registry < balancer.RegistryCritical {
		g.holds.Doubt(service)
	}
}
