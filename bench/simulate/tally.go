package main

import (
	"math"
	"slices"
	"time"
)

// tally counts the requests of a run that were born after the warm-up.
type tally struct {
	requests int
	failed   int
	local    int   // sent to a server in the zone of their agent
	sent     []int // by server
	waits    []time.Duration
}

func counts(r *request) bool { return r.born >= warmUp }

func (t *tally) send(r *request, place int) {
	if !counts(r) {
		return
	}
	t.requests++
	t.sent[place]++
	if r.server.zone == r.agent.zone {
		t.local++
	}
}

// unserved is a request that the agent knew no server for.
func (t *tally) unserved(r *request) {
	if counts(r) {
		t.requests++
		t.failed++
	}
}

// finish takes over how long a client waited, for an answer or in vain. Refusals come too fast to say
// anything but that they failed.
func (t *tally) finish(r *request, o outcome, wait time.Duration) {
	if !counts(r) {
		return
	}
	if o != answered {
		t.failed++
	}
	if o != refused {
		t.waits = append(t.waits, wait)
	}
}

// measures is what one run, or the median of runs, comes to.
type measures struct {
	p50, p99 float64 // of waits, in milliseconds
	errors   float64 // percent of requests
	spread   float64 // requests of the server that got most, by the mean of all servers
	local    float64 // percent of requests that stayed in their zone
}

func (t *tally) measures() measures {
	slices.Sort(t.waits)
	sent := 0
	for _, n := range t.sent {
		sent += n
	}
	return measures{
		p50:    quantile(t.waits, 0.50),
		p99:    quantile(t.waits, 0.99),
		errors: 100 * float64(t.failed) / float64(t.requests),
		spread: float64(slices.Max(t.sent)*len(t.sent)) / float64(sent),
		local:  100 * float64(t.local) / float64(t.requests),
	}
}

// quantile is the smallest of the sorted waits, in milliseconds, that so large a part of them does not
// exceed.
func quantile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := int(math.Ceil(part*float64(len(sorted)))) - 1
	return float64(sorted[at]) / float64(time.Millisecond)
}
