package health

import (
	"slices"
	"time"
)

// Stats is what the checker counts. Results are counted since it was made, one for each probe,
// however many targets share it.
type Stats struct {
	Targets          int // what SetTargets was given, less what is ignored
	Probes           int // distinct pairs of address and check
	InFlight         int
	InFlightTimedOut int // of those, probes whose last one timed out
	Results          []Count

	// Lateness is the longest that a probe had to wait after it was due, in the last minute or two.
	// Past an interval, MaxInFlight is too small for the targets and their timeouts.
	Lateness time.Duration
}

// Count is a number of probes of one type that went one way.
type Count struct {
	Type   string // tcp, http, grpc
	Result string // ok, failed, timeout, local: this host could not probe
	N      uint64
}

// Stats returns one consistent moment, in the same order every time. It is cheap.
func (c *Checker) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	return Stats{
		Targets:          c.targets,
		Probes:           len(c.probes),
		InFlight:         c.schedule.inFlight(),
		InFlightTimedOut: c.schedule.flying[slow],
		Results:          c.tally.counts(),
		Lateness:         max(c.late.value(now), c.schedule.lateness(now)),
	}
}

var probedTypes = [...]string{TypeTCP, TypeHTTP, TypeGRPC}

// tally counts results by the indexes of probedTypes and kindNames.
type tally [len(probedTypes)][len(kindNames)]uint64

func (t *tally) add(typ string, k kind) {
	if i := slices.Index(probedTypes[:], typ); i >= 0 {
		t[i][k]++
	}
}

func (t *tally) counts() []Count {
	counts := make([]Count, 0, len(probedTypes)*len(kindNames))
	for i, typ := range probedTypes {
		for k, name := range kindNames {
			counts = append(counts, Count{typ, name, t[i][k]})
		}
	}
	return counts
}

// peakWindow is the shortest time for which a peak is remembered; scrapes are closer together.
const peakWindow = time.Minute

// peak is the highest value of the current window and of the one before.
type peak struct {
	window        time.Duration // the number of the current one
	current, past time.Duration
}

func (p *peak) observe(now, value time.Duration) {
	p.roll(now)
	p.current = max(p.current, value)
}

func (p *peak) value(now time.Duration) time.Duration {
	p.roll(now)
	return max(p.current, p.past)
}

func (p *peak) roll(now time.Duration) {
	window := now / peakWindow
	if window == p.window {
		return
	}
	p.past = 0
	if window == p.window+1 {
		p.past = p.current
	}
	p.window, p.current = window, 0
}
