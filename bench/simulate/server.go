package main

import (
	"slices"
	"time"
)

// server works on some requests at once and keeps the others in a queue.
type server struct {
	address, zone string
	condition     condition
	pace          float64       // how fast it works when warm
	warm          time.Duration // when it last started
	life          int           // how often it has ended
	running       []*request
	waiting       []*request
}

// condition is what a server makes of requests.
type condition uint8

const (
	serving condition = iota
	failing           // every request fails at once, and probes, which only connect, see nothing
	down              // connections are refused
	lost              // nothing comes back
)

// probed tells what a probe finds.
func (s *server) probed() bool { return s.condition == serving || s.condition == failing }

// take accepts a request, or does not.
func (s *server) take(r *request) {
	switch s.condition {
	case failing, down:
		r.world.add(r.world.now+refusal, (*request).refuse, r)
	case serving:
		r.life = s.life
		if s.waiting = append(s.waiting, r); len(s.running) < slots {
			s.work(r.world)
		}
	}
}

// work begins with the next request that somebody still waits for.
func (s *server) work(w *world) {
	for len(s.waiting) > 0 {
		r := s.waiting[0]
		s.waiting = s.waiting[1:]
		if !r.ended {
			s.running = append(s.running, r)
			w.add(w.now+time.Duration(float64(r.work)/s.paceAt(w.now)), (*request).done, r)
			return
		}
	}
}

// paceAt grows from coldPace to the server's pace while it warms up.
func (s *server) paceAt(now time.Duration) float64 {
	warmed := min(1, float64(now-s.warm)/float64(warmth))
	return s.pace * (coldPace + (1-coldPace)*warmed)
}

// done is when the server has done the work of a request, unless it did not live to.
func (r *request) done() {
	s := r.server
	if r.life != s.life {
		return
	}
	r.finish(answered)
	i := slices.Index(s.running, r)
	s.running = slices.Delete(s.running, i, i+1)
	s.work(r.world)
}

// fall ends the server's life. Of what it had accepted, clients learn at once that it failed, or, when
// it is lost, nothing.
func (s *server) fall(to condition) {
	had := append(s.running, s.waiting...)
	s.condition, s.running, s.waiting = to, nil, nil
	s.life++
	if to != lost {
		for _, r := range had {
			r.refuse()
		}
	}
}

// rise starts the server anew, cold.
func (s *server) rise(now time.Duration) {
	s.condition, s.warm = serving, now
}
