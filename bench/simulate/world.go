package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/remora-agent/remora/balancer"
)

// world is one run: a scenario, a strategy and a seed. Nothing in it is shared with other runs.
type world struct {
	agenda
	now     time.Duration
	end     time.Duration // no request comes from then on
	servers []*server
	agents  []*agent
	traffic *traffic
	tally   tally

	// All wait equally long for an answer, so those who give up do so in the order of their birth. This
	// keeps most events out of the heap.
	patience []*request
}

// newWorld sets a run up. It fails when the balancer refuses the scenario's settings.
func newWorld(s *scenario, strategy balancer.Strategy, seed uint64) (*world, error) {
	w := &world{end: warmUp + s.measured, traffic: newTraffic(s, strategy, seed)}
	for i := range s.servers {
		w.servers = append(w.servers, &server{
			address: fmt.Sprintf("10.0.0.%d:80", i+1),
			zone:    s.zoneOf(i),
			pace:    normal,
			warm:    -warmth,
		})
	}
	w.tally.sent = make([]int, s.servers)
	for i := range s.agents {
		a, err := newAgent(w, s, strategy, s.zoneOf(i))
		if err != nil {
			return nil, err
		}
		w.agents = append(w.agents, a)
	}
	if s.script != nil {
		s.script(w)
	}
	return w, nil
}

// run lets everything happen and returns what was measured.
func (w *world) run() measures {
	w.add(w.traffic.pause(), (*request).arrive, w.traffic.request(w))
	for {
		e, ok := w.next()
		w.giveUp(e.at, ok)
		if !ok {
			return w.tally.measures()
		}
		w.now = e.at
		e.do(e.of)
	}
}

// giveUp ends the requests that have waited too long before a time comes, or all, as none will.
func (w *world) giveUp(until time.Duration, comes bool) {
	for len(w.patience) > 0 {
		r := w.patience[0]
		end := r.born + timeOut
		if !r.ended && comes && end > until {
			return
		}
		if !r.ended {
			w.now = end
			r.finish(timedOut)
		}
		w.patience = w.patience[1:]
	}
}

// clock is the time as the balancer is told it.
func (w *world) clock() time.Time { return time.Unix(0, 0).Add(w.now) }

// at lets something happen at a time since the start.
func (w *world) at(t time.Duration, f func()) {
	w.add(t, func(*request) { f() }, nil)
}

// every lets something happen again and again until the last request has ended.
func (w *world) every(first, period time.Duration, f func()) {
	if first > w.end+timeOut {
		return
	}
	w.at(first, func() {
		f()
		w.every(first+period, period, f)
	})
}

// server returns the place of the server at that address.
func (w *world) server(address string) int {
	return slices.IndexFunc(w.servers, func(s *server) bool { return s.address == address })
}
