package main

import (
	"context"
	"os"
	"time"

	"github.com/remora-agent/remora/bench/process"
)

// changing is what changes cost at one rate, round by round.
type changing struct {
	rate    int
	share   []float64 // of one core, in all
	cost    []float64 // µs of CPU time for one change, without what rest costs
	control []float64 // the same of the bare watcher; empty: there is none
	merged  float64   // changes for each snapshot that differed
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
