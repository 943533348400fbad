package main

import (
	"time"

	"github.com/remora-agent/remora/balancer"
)

func oneSlow(w *world) { w.servers[0].pace = tenth }

func quarterAtHalfSpeed(w *world) {
	for _, s := range w.servers[:len(w.servers)/4] {
		s.pace = half
	}
}

// oneFails is the black hole: a server with nothing to do looks like the best one.
func oneFails(w *world) {
	w.at(failsAt, func() { w.servers[0].fall(failing) })
}

// zoneLost takes the servers of the first zone off the network for a while; its agents stay.
func zoneLost(w *world) {
	for _, s := range w.servers {
		if s.zone == w.servers[0].zone {
			w.at(zoneLostAt, func() { s.fall(lost) })
			w.at(zoneBackAt, func() { s.condition = serving })
		}
	}
}

// rollingRestart ends and starts one server after the other. Announced, each is drained before and
// made ready when it is up; else only probes tell.
func rollingRestart(announced bool) func(*world) {
	return func(w *world) {
		for i, s := range w.servers {
			t := restartsAt + restartEvery*time.Duration(i)
			w.at(t, func() { s.fall(down) })
			w.at(t+restartTakes, func() { s.rise(w.now) })
			if announced {
				w.at(t-drainBefore, func() { w.admin(s, balancer.AdminDrain) })
				w.at(t+restartTakes, func() { w.admin(s, balancer.AdminReady) })
			}
		}
	}
}

// admin says to all agents what "remora drain" and "remora ready" say to one.
func (w *world) admin(s *server, verdict balancer.AdminVerdict) {
	for _, a := range w.agents {
		must(a.lb.SetAdmin(service, s.address, verdict))
	}
}
