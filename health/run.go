package health

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// complainEvery is how often a lasting shortage on this host is logged.
const complainEvery = time.Minute

// Run probes until ctx ends, then waits for the probes in flight to give up and returns nil. The
// results of probes that the end cut short are discarded. It returns an error only when the checker
// is running already.
func (c *Checker) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return errors.New("run health checker: it is running already")
	}
	defer c.running.Store(false)
	var workers sync.WaitGroup
	defer workers.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		for p := c.take(); p != nil; p = c.take() {
			workers.Go(func() { c.work(ctx, p) })
		}
		timer.Reset(c.arm())
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-c.wake:
		}
	}
	return nil
}

// work makes p and then whatever else is due by the time, so that a backlog needs no wake-ups.
func (c *Checker) work(ctx context.Context, p *probe) {
	var deliveries []delivery
	for p != nil {
		o := c.fly(ctx, p)
		deliveries = c.record(p, o, deliveries[:0])
		for i := range deliveries {
			c.sink.Checked(deliveries[i].Result)
		}
		p = c.release(ctx, p, o, deliveries)
	}
}

// delivery is a result on its way to the sink.
type delivery struct {
	Result
	to *member
}

// outcome is how one probe went.
type outcome struct {
	kind kind
	last Last
}

// fly makes one probe, within the check's timeout.
func (c *Checker) fly(ctx context.Context, p *probe) outcome {
	check := p.check.Value()
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, check.Timeout)
	defer cancel()
	err := c.attempt(limited, p.address, check)
	took := time.Since(began)
	if ctx.Err() != nil {
		return outcome{kind: kindAbandoned}
	}
	k, text := judge(err, took, check)
	return outcome{k, Last{At: time.Now(), OK: k == kindOK, Duration: took, Error: text}}
}

// take starts the probe that has been due the longest, if there is one and a slot for it.
func (c *Checker) take() *probe {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.takeLocked(c.now())
}

func (c *Checker) takeLocked(now time.Duration) *probe {
	p := c.schedule.take(now)
	if p == nil {
		return nil
	}
	c.starts++
	p.inFlight, p.recorded, p.again = true, false, false
	p.began, p.first, p.number = now, p.number == 0, c.starts
	c.late.observe(now, now-p.due)
	return p
}

// record notes the outcome for every member that it concerns and appends what the sink is to hear. A
// member that came here from another check may have a result of that one on its way: it goes first.
func (c *Checker) record(p *probe, o outcome, deliveries []delivery) []delivery {
	if o.kind == kindAbandoned {
		return nil
	}
	if o.kind == kindLocal {
		c.complain(o.last.Error)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for slices.ContainsFunc(p.members, func(m *member) bool { return m.delivering > 0 }) {
		c.delivered.Wait()
	}
	c.tally.add(p.check.Value().Type, o.kind)
	p.recorded = true
	for _, m := range p.members {
		m.last = &o.last
		if o.kind != kindLocal && p.number > m.marked {
			m.delivering++
			deliveries = append(deliveries, delivery{m.result(p.address), m})
		}
	}
	return deliveries
}

// complain logs that this host can't probe, but not for each of what may be thousands of probes.
func (c *Checker) complain(reason string) {
	now, last := c.now(), c.complained.Load()
	if last != 0 && now-time.Duration(last) < complainEvery || !c.complained.CompareAndSwap(last, int64(now)) {
		return
	}
	c.log.Error("this host can't probe, verdicts stay as they are", "error", reason)
}

// release gives p's slot back, has it wait for its next round, and takes what is due instead.
func (c *Checker) release(ctx context.Context, p *probe, o outcome, delivered []delivery) (next *probe) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range delivered {
		delivered[i].to.delivering--
	}
	if len(delivered) > 0 {
		c.delivered.Broadcast()
	}
	c.schedule.done(p)
	c.land(p, o.kind)
	if ctx.Err() != nil {
		return nil
	}
	next = c.takeLocked(c.now())
	c.nudge()
	return next
}

// land has p wait for its next round, unless nobody wants it any more. c.mu is held.
func (c *Checker) land(p *probe, k kind) {
	p.inFlight = false
	if len(p.members) == 0 {
		delete(c.probes, p.key)
		return
	}
	now, interval := c.now(), p.check.Value().Interval
	switch {
	case k == kindAbandoned:
		c.schedule.add(p, now)
		return
	case k == kindTimeout:
		p.class = slow
	case k != kindLocal:
		p.class = prompt
	}
	next := nextRound(p.due, p.began, now, interval, rand.Float64())
	if p.first {
		next = secondRound(now, interval, rand.Float64())
	}
	if p.again {
		next = joined(next, p.began, now, interval)
	}
	c.schedule.add(p, next)
}

// arm returns how long nothing can fall due that can have a slot, as far as is known now; whoever
// changes that calls nudge.
func (c *Checker) arm() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.schedule.first()
	if p == nil {
		c.armed = math.MaxInt64
		return math.MaxInt64
	}
	now := c.now()
	wait := max(p.due-now, 0)
	c.armed = now + wait
	return wait
}

// nudge wakes Run if it would sleep past the next start. c.mu is held.
func (c *Checker) nudge() {
	if p := c.schedule.first(); p == nil || p.due >= c.armed {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default: // it is to wake up anyway
	}
}
