package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

// settings are the flags.
type settings struct {
	agent  string
	nginx  string
	consul string
	json   string
	rounds int
	span   time.Duration
	only   string
}

// bench is one run: its settings, its folder, and the servers it has started.
type bench struct {
	settings
	context.Context
	folder string
	stops  []func()
	report *figures.Report
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == childArgument {
		fail(serveChild(os.Args[2]))
		return
	}
	var s settings
	flag.StringVar(&s.agent, "agent", "bin/remora", "the agent's binary")
	flag.StringVar(&s.nginx, "nginx", "nginx", "nginx; left out if it is not there")
	flag.StringVar(&s.consul, "consul", "bin/tools/consul", "Consul; left out if it is not there")
	flag.StringVar(&s.json, "json", "", "file for the report, for bench/report")
	flag.IntVar(&s.rounds, "rounds", 11, "rounds of each comparison")
	flag.DurationVar(&s.span, "span", 200*time.Millisecond, "how long each server is loaded in a round")
	flag.StringVar(&s.only, "only", "", "one of select, sizes, updates, leases, batch")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fail(run(ctx, s))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	b := &bench{settings: s, Context: ctx, report: newReport(s)}
	if b.folder, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	defer b.stop()
	parts := []struct {
		name string
		run  func() error
	}{
		{"select", b.selects}, {"sizes", b.sizes}, {"updates", b.updates}, {"leases", b.leases}, {"batch", b.batch},
	}
	for _, part := range parts {
		if s.only != "" && s.only != part.name || ctx.Err() != nil {
			continue
		}
		if fault := part.run(); fault != nil { // the others are worth having all the same
			b.report.Failed = append(b.report.Failed, fmt.Sprintf("%s: %v", part.name, fault))
			err = errors.Join(err, fmt.Errorf("measure %s: %w", part.name, fault))
		}
		b.stop()
	}
	return errors.Join(err, ctx.Err(), figures.Write(os.Stdout, s.json, b.report))
}

// stop ends the servers, the last one first.
func (b *bench) stop() {
	for len(b.stops) > 0 {
		last := len(b.stops) - 1
		b.stops[last]()
		b.stops = b.stops[:last]
	}
}
