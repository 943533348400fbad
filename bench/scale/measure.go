package main

import (
	"context"
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
	stacks     float64
	goroutines float64
	rest       float64 // of one core
	scrape     time.Duration
	changing   []changing
}

// changing is what changes cost at one rate.
type changing struct {
	rate    int
	made    int           // changes that took effect
	share   float64       // of one core, in all
	cost    time.Duration // CPU time of one change, without what rest costs
	control time.Duration // the same of the bare watcher; 0: there is none
	merged  float64       // changes for each snapshot that differed
}

// The times over which is measured.
const (
	settling = 3 * time.Second
	resting  = 8 * time.Second
)

var rates = [...]int{100, 1000}

// measure measures one catalog, which is loaded.
func (b *bench) measure(ctx context.Context, r registry, s size) error {
	f := findings{registry: r.name(), size: s}
	a, err := b.startAgent(ctx, r.provider())
	if err != nil {
		return err
	}
	defer a.Stop()
	if f.ready, err = a.awaitReady(ctx, s.services); err != nil {
		return err
	}
	usage, err := a.Meter()
	if err != nil {
		return err
	}
	f.readyCPU = usage.CPU
	if err := b.atRest(ctx, a, &f); err != nil {
		return err
	}
	watcher, err := b.startControl(ctx, r)
	if err != nil {
		return err
	}
	if watcher != nil {
		defer watcher.Stop()
	}
	if err := wait(ctx, settling); err != nil {
		return err
	}
	for _, rate := range rates {
		c, err := b.underLoad(ctx, a, watcher, r, rate, f.rest)
		if err != nil {
			return err
		}
		f.changing = append(f.changing, c)
	}
	b.found = append(b.found, f)
	f.print()
	return nil
}

// atRest measures memory, and CPU time while nothing changes.
func (b *bench) atRest(ctx context.Context, a *agent, f *findings) error {
	figures, err := a.collected(ctx)
	if err != nil {
		return err
	}
	f.live, f.stacks, f.goroutines = figures[liveHeap], figures[stacks], figures[goroutines]
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
	if err := a.get(ctx, "/metrics", nil); err != nil {
		return err
	}
	scraped, err := a.Meter()
	f.scrape = process.Spent(after, scraped)
	return err
}

func (b *bench) startControl(ctx context.Context, r registry) (*process.Process, error) {
	if r.control() == nil {
		return nil, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return process.Start(ctx, "the bare watcher", self, r.control()...)
}

// underLoad measures what changes at one rate cost.
func (b *bench) underLoad(ctx context.Context, a *agent, watcher *process.Process, r registry, rate int, rest float64) (c changing, err error) {
	known, err := a.metrics(ctx)
	if err != nil {
		return c, err
	}
	var meters [2][2]process.Usage
	if err := meter(&meters[0], a.Process, watcher); err != nil {
		return c, err
	}
	b.toggle(a)
	began := time.Now()
	if c.made, err = load(ctx, r, rate, b.span); err != nil {
		return c, err
	}
	if err := wait(ctx, time.Second/2); err != nil { // for what is on its way
		return c, err
	}
	took := time.Since(began)
	if err := meter(&meters[1], a.Process, watcher); err != nil {
		return c, err
	}
	b.toggle(a)
	seen, err := a.metrics(ctx)
	if err != nil {
		return c, err
	}
	c.rate = rate
	c.share = share(meters[0][0], meters[1][0], took)
	c.cost = (process.Spent(meters[0][0], meters[1][0]) - time.Duration(rest*float64(took))) / time.Duration(c.made)
	c.control = process.Spent(meters[0][1], meters[1][1]) / time.Duration(c.made)
	c.merged = float64(c.made) / (seen[updates] - known[updates])
	return c, nil
}

// meter reads what the processes use that are there.
func meter(into *[2]process.Usage, processes ...*process.Process) (err error) {
	for i, p := range processes {
		if p == nil {
			continue
		}
		if into[i], err = p.Meter(); err != nil {
			return err
		}
	}
	return nil
}

// toggle begins or ends a profile, if there are to be any.
func (b *bench) toggle(a *agent) {
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
