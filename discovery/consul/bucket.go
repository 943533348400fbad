package consul

import "time"

// bucket spaces out events: burst of them at once, and one more for each interval that passes. It is
// a token bucket in the form of the generic cell rate algorithm (ITU-T I.371), which needs no timer.
// The zero time is a full bucket.
type bucket struct {
	burst    int
	interval time.Duration

	full time.Time // when the bucket is full again
}

// take takes a token and says how long to wait until it counts.
func (b *bucket) take(now time.Time) (wait time.Duration) {
	if b.full.Before(now) {
		b.full = now
	}
	b.full = b.full.Add(b.interval)
	return max(0, b.full.Sub(now)-time.Duration(b.burst)*b.interval)
}

// pace slows down who is woken for nothing, as Consul does to the watcher of a service that is not there
// whenever any other one changes. The first two times are free; then the pause doubles from a 64th of
// the longest one, until what wakes is rarer than that, and shrinks again while it is or brings news.
type pace struct {
	n int // times in a row, less those that were rare enough or brought news
}

// next takes how long it lasted until the answer that brought nothing, and the longest pause that there
// may be now. It says how long to pause.
func (p *pace) next(lasted, most time.Duration) time.Duration {
	const free, doublings = 2, 6
	pause := most >> (doublings - p.n)
	if lasted >= pause {
		p.ease()
		return 0
	}
	p.n++
	switch {
	case p.n <= free:
		return 0
	case p.n > doublings:
		p.n = doublings
	}
	return pause
}

// ease takes one of those times back.
func (p *pace) ease() { p.n = max(0, p.n-1) }

// slows says whether pauses are on.
func (p *pace) slows() bool { return p.n > 0 }
