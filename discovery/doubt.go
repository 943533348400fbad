package discovery

import "time"

// Doubts are acted on once in doubtPause for a service, and for a provider doubtBurst times at once and then
// once in doubtEvery: applications that fail for reasons of their own cost the catalog next to nothing.
const (
	doubtPause = 10 * time.Second
	doubtEvery = time.Second
	doubtBurst = 5
)

// Refresher is a Provider that can be told that a watch may be stalled without having noticed.
type Refresher interface {
	// Refresh has the catalog asked about the service of a query that is watched, whatever the watch waits
	// for, and what differs published into the watch's sink. It returns at once, may be called concurrently
	// and at any time, and does nothing for what is not watched.
	Refresh(q Query)
}

// Doubt is for whoever finds that a service is not as its sources say: they are asked again at once, so
// that a watch that is stalled without an error heals. It returns at once and does nothing when that was
// done for the service, or for many others of the provider, a moment ago. It is called under no lock.
func (c *Catalog) Doubt(service string) {
	for _, refresh := range c.doubted(service, time.Now()) {
		refresh()
	}
}

// doubted returns what is to be done without the lock.
func (c *Catalog) doubted(service string, now time.Time) (refresh []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.lookup(service)
	if s == nil || c.phase != running || now.Sub(s.doubted) < doubtPause {
		return nil
	}
	for _, src := range s.sources {
		r, can := src.provider.provider.(Refresher)
		if can && src.provider.takeDoubt(now) {
			s.doubted = now
			refresh = append(refresh, func() { r.Refresh(src.query) })
		}
	}
	return refresh
}

// allowance is a token bucket, in the form of the generic cell rate algorithm (ITU-T I.371). The zero value
// is full.
type allowance struct{ full time.Time }

// take says whether there was a token left: burst of them at once, and one more for each interval.
func (a *allowance) take(now time.Time, interval time.Duration, burst int) bool {
	full := a.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(interval)
	if full.Sub(now) > time.Duration(burst)*interval {
		return false
	}
	a.full = full
	return true
}

func (p *provider) takeDoubt(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.doubts.take(now, doubtEvery, doubtBurst) {
		return false
	}
	p.rechecks++
	return true
}
