package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/remora-agent/remora/bench/process"
)

// settings are the flags.
type settings struct {
	agent    string
	json     string
	only     string
	targets  int
	interval time.Duration
	rounds   int
}

// findings is what was found.
type findings struct {
	first   time.Duration // from the start of the agent until every target was probed once
	cpu     []float64     // of one core, by interval
	second  []float64     // probes in each second
	tenth   []float64     // probes in each tenth of an interval, all intervals together
	routine []float64     // goroutines, each second
	late    float64       // seconds that a probe waited, as the agent says
	missed  int           // targets that were not probed in one of the intervals
}

func main() {
	var s settings
	flag.StringVar(&s.agent, "agent", "bin/remora", "the agent's binary")
	flag.StringVar(&s.json, "json", "", "file for the figures, for plots")
	flag.StringVar(&s.only, "only", "", "tcp: the one part there is")
	flag.IntVar(&s.targets, "targets", 10_000, "how many backends are probed")
	flag.DurationVar(&s.interval, "interval", 10*time.Second, "how often each of them")
	flag.IntVar(&s.rounds, "rounds", 3, "intervals to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	if s.only != "" && s.only != "tcp" {
		return fmt.Errorf("read -only: there is no part %q, only tcp", s.only)
	}
	targets, err := listen(s.targets)
	if err != nil {
		return err
	}
	defer targets.close()
	folder, err := os.MkdirTemp("", "health")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	a, err := startAgent(ctx, s, folder, targets)
	if err != nil {
		return err
	}
	defer a.Stop()
	f, err := s.measure(ctx, a, targets)
	if err != nil {
		return err
	}
	return s.report(f)
}

// measure lets the first two rounds of probes pass: all targets are probed at once when they are new, and
// then find their places in the interval.
func (s settings) measure(ctx context.Context, a *process.Agent, t *targets) (*findings, error) {
	f := new(findings)
	err := process.Until(ctx, time.Minute, t.allProbed)
	if err != nil {
		return nil, err
	}
	f.first = time.Since(a.Started)
	if err := wait(ctx, 2*s.interval); err != nil {
		return nil, err
	}
	t.restart()
	for range s.rounds {
		if err := f.observe(ctx, s, a, t); err != nil {
			return nil, err
		}
	}
	f.second, f.tenth = t.spread(s)
	figures, err := a.Metrics(ctx)
	f.late = figures["remora_probe_lateness_seconds"]
	return f, err
}

// observe measures one interval. The number of goroutines is read between the meter's two readings only
// as often as says whether it grows, since being asked costs the agent, too.
func (f *findings) observe(ctx context.Context, s settings, a *process.Agent, t *targets) error {
	before, err := a.Meter()
	if err != nil {
		return err
	}
	began := time.Now()
	for range 2 {
		if err := wait(ctx, s.interval/2-time.Since(began)/2); err != nil {
			return err
		}
		figures, err := a.Metrics(ctx)
		if err != nil {
			return err
		}
		f.routine = append(f.routine, figures["go_goroutines"])
	}
	if err := wait(ctx, s.interval-time.Since(began)); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := a.Meter()
	f.cpu = append(f.cpu, 100*float64(process.Spent(before, after))/float64(took))
	f.missed = max(f.missed, t.unseen(time.Now().Add(-took*6/5))) // a round may be a tenth late
	return err
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
