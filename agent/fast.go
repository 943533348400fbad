package agent

import (
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// fast is what the fast lane of the API asks: the same selections as in selector.go and leases.go, for
// services that are there, without waiting and without what that takes.
type fast struct {
	leases
	counter func(service string) *atomic.Uint64 // of selections that came out well
	ticks   *atomic.Uint32                      // of the agent's time, balancer.TickEvery apart
}

var _ api.Fast = fast{}

// Service gives the way to a service.
func (f fast) Service(name string) api.FastService {
	return &fastService{fast: f, name: name, group: f.selector.groups.lb.Handle(name)}
}

// fastService is the way to one service. It keeps what would else be looked up for each request.
type fastService struct {
	fast
	name   string
	group  *balancer.Handle
	served atomic.Pointer[atomic.Uint64] // its counter, once it is known that there is such a service
	asked  atomic.Uint32                 // when the catalog was last told of a use, in askEvery from 1 on
}

// SelectNow selects a backend.
func (f *fastService) SelectNow(pick wire.Pick, into *wire.Selection) bool {
	selection, err := f.group.SelectWith(balancer.Pick{Key: pick.Key, Exclude: pick.Exclude})
	if err != nil {
		return false
	}
	fillSelection(into, f.name, selection)
	return true
}

// askEvery is how many ticks pass between two times that the catalog is told of a use: about a second.
const askEvery = uint32(time.Second / balancer.TickEvery)

// Selected counts selections by SelectNow, and keeps the service watched. The catalog need not hear of
// each: it forgets in minutes.
func (f *fastService) Selected(n int) {
	served := f.served.Load()
	if served == nil {
		served = f.counter(f.name)
		f.served.Store(served)
	}
	served.Add(uint64(n))
	if now := f.ticks.Load()/askEvery + 1; f.asked.Load() != now {
		f.asked.Store(now)
		f.selector.keep(f.name)
	}
}

// TakeNow selects a backend and counts a use of it until the lease ends.
func (f *fastService) TakeNow(caller api.Caller, pick wire.Pick, ttl time.Duration, into *wire.Lease) bool {
	selection, release, err := f.group.SelectAndAcquire(balancer.Pick{Key: pick.Key, Exclude: pick.Exclude})
	if err != nil {
		return false
	}
	fillSelection(&into.Selection, f.name, selection)
	into.LeaseID, err = f.take(caller, into.Selection, ttl, release)
	if err != nil {
		return false
	}
	f.Selected(1)
	return true
}
