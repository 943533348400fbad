package main

import "time"

// request is one of a client's.
type request struct {
	world   *world
	agent   *agent
	uid     uint32 // of the client
	key     string
	work    time.Duration // of a server that is well
	born    time.Duration
	server  *server
	life    int    // of the server, when it took the request
	release func() // of the lease
	ended   bool
}

// outcome is how a request ended.
type outcome uint8

const (
	answered outcome = iota
	refused          // or failed, at once
	timedOut
)

// arrive is the beginning: the client asks its agent, and sends the request where that says. It also
// lets the next request come.
func (r *request) arrive() {
	w := r.world
	r.born = w.now
	if next := w.now + w.traffic.pause(); next < w.end {
		w.add(next, (*request).arrive, w.traffic.request(w))
	}
	address, release, err := r.agent.lease(r.key)
	if err != nil {
		w.tally.unserved(r)
		return
	}
	place := w.server(address)
	r.server, r.release = w.servers[place], release
	w.tally.send(r, place)
	w.patience = append(w.patience, r)
	r.server.take(r)
}

func (r *request) refuse() { r.finish(refused) }

// finish ends the request for its client, which reports the outcome; only the first counts.
func (r *request) finish(o outcome) {
	if r.ended {
		return
	}
	r.ended = true
	latency := r.world.now - r.born
	r.release()
	r.agent.report(r, o == answered, latency)
	r.world.tally.finish(r, o, latency)
}
