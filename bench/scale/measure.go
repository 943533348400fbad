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

// The times over which is measured.
const (
	settling = time.Second
	resting  = 4 * time.Second
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
