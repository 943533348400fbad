package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/remora-agent/remora/bench/process"
)

// registry is a catalog in a real registry.
type registry interface {
	name() string
	provider() string  // the block of the agent's configuration
	control() []string // the arguments that make this program a bare watcher of it; nil: there is none
	rates() []int      // changes a second to measure

	// draw draws a change, one caller at a time; what it returns makes it, and several may at once.
	draw() func(context.Context) error
}

// findings is what was found of one catalog.
type findings struct {
	registry string
	size     size

	ready      time.Duration // from the start of the process until it answers for every service
	readyCPU   time.Duration
	live       float64 // bytes of live heap
	rss        int64
	goroutines float64
	rest       float64 // of one core
	scrape     time.Duration
	changing   []changing
}

// changing is what changes cost at one rate, round by round.
type changing struct {
	rate    int
	share   []float64 // of one core, in all
	cost    []float64 // µs of CPU time for one change, without what rest costs
	control []float64 // the same of the bare watcher; empty: there is none
	merged  float64   // changes for each snapshot that differed
}

// The times over which is measured.
const (
	settling = 1500 * time.Millisecond
	resting  = 5 * time.Second
)

// measure measures one catalog, which is loaded.
func (b *bench) measure(ctx context.Context, r registry, s size) error {
	f := &findings{registry: r.name(), size: s}
	a, err := b.startAgent(ctx, r.provider())
	if err != nil {
		return err
	}
	defer a.Stop()
	if f.ready, err = awaitReady(ctx, a, s.services); err != nil {
		return err
	}
	usage, err := a.Meter()
	if err != nil {
		return err
	}
	f.readyCPU = usage.CPU
	if err := b.atRest(ctx, a, f); err != nil {
		return err
	}
	if err := b.changing(ctx, a, r, f); err != nil {
		return err
	}
	b.found = append(b.found, f)
	fmt.Fprintf(os.Stderr, "%s, %s: ready in %v, %.0f MB live, %.2f%% at rest\n", f.registry, s, f.ready.Round(time.Millisecond), f.live/1e6, 100*f.rest)
	return nil
}

// atRest measures memory, and CPU time while nothing changes.
func (b *bench) atRest(ctx context.Context, a *process.Agent, f *findings) error {
	figures, err := collected(ctx, a)
	if err != nil {
		return err
	}
	f.live, f.goroutines = figures[liveHeap], figures[goroutines]
	if err := wait(ctx, settling); err != nil {
		return err
	}
	before, err := a.Meter()
	if err != nil {
		return err
	}
	f.rss = before.RSS
	b.toggle(a)
	if err := wait(ctx, resting); err != nil {
		return err
	}
	b.toggle(a)
	after, err := a.Meter()
	if err != nil {
		return err
	}
	f.rest = share(before, after, resting)
	if err := a.Get(ctx, "/metrics", nil); err != nil {
		return err
	}
	scraped, err := a.Meter()
	f.scrape = process.Spent(after, scraped)
	return err
}

// changing measures what changes cost, beside the bare watcher if there is one.
func (b *bench) changing(ctx context.Context, a *process.Agent, r registry, f *findings) error {
	watched := []*process.Process{a.Process}
	if r.control() != nil && f.size.all() > 0 {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		watcher, err := process.Start(ctx, "the bare watcher", self, r.control()...)
		if err != nil {
			return err
		}
		defer watcher.Stop()
		watched = append(watched, watcher)
		if err := wait(ctx, settling); err != nil {
			return err
		}
	}
	for _, rate := range r.rates() {
		if f.size.all() == 0 {
			break
		}
		c, err := b.atRate(ctx, a, watched, r, rate, f.rest)
		if err != nil {
			return err
		}
		f.changing = append(f.changing, c)
	}
	return nil
}

// atRate measures what changes at one rate cost.
func (b *bench) atRate(ctx context.Context, a *process.Agent, watched []*process.Process, r registry, rate int, rest float64) (c changing, err error) {
	c.rate = rate
	known, err := a.Metrics(ctx)
	if err != nil {
		return c, err
	}
	b.toggle(a)
	defer b.toggle(a)
	all := 0
	for range b.rounds {
		before, err := meter(watched)
		if err != nil {
			return c, err
		}
		began := time.Now()
		made, err := load(ctx, r, rate, b.span)
		if err != nil {
			return c, err
		}
		if err := wait(ctx, b.span/5); err != nil { // for what is on its way
			return c, err
		}
		took := time.Since(began)
		after, err := meter(watched)
		if err != nil {
			return c, err
		}
		all += made
		c.note(before, after, took, made, rest)
	}
	seen, err := a.Metrics(ctx)
	c.merged = float64(all) / (seen[updates] - known[updates])
	return c, err
}

func (c *changing) note(before, after []process.Usage, took time.Duration, made int, rest float64) {
	of := share(before[0], after[0], took)
	c.share = append(c.share, of)
	c.cost = append(c.cost, (of-rest)*float64(took.Microseconds())/float64(made))
	if len(before) > 1 {
		c.control = append(c.control, float64(process.Spent(before[1], after[1]).Microseconds())/float64(made))
	}
}

// own is what the agent adds to what following the catalog costs anybody, round by round.
func (c *changing) own() []float64 {
	own := make([]float64, len(c.control))
	for i := range own {
		own[i] = c.cost[i] - c.control[i]
	}
	return own
}

func meter(processes []*process.Process) (usages []process.Usage, err error) {
	for _, p := range processes {
		u, err := p.Meter()
		if err != nil {
			return nil, err
		}
		usages = append(usages, u)
	}
	return usages, nil
}

// toggle begins or ends a profile, if there are to be any.
func (b *bench) toggle(a *process.Agent) {
	if b.profile != "" {
		_ = a.Signal(syscall.SIGUSR1) // an agent that has ended is found out otherwise
	}
}

func share(before, after process.Usage, span time.Duration) float64 {
	return float64(process.Spent(before, after)) / float64(span)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
