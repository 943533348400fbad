package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"

	"github.com/remora-agent/remora/bench/figures"
	"github.com/remora-agent/remora/internal/testbed"
)

// settings are the flags.
type settings struct {
	agent    string
	template string
	json     string
	rounds   int
	writes   int
	only     string
}

// parts are what is measured, in order.
var parts = []part{
	{name: "etcd", title: "etcd", services: 20, start: startEtcd},
	{name: "consul", title: "Consul", services: 20, start: startConsul},
	{name: "services", title: "Consul over HTTPS, 1,000 services in the catalog and in the agent", services: 1000, start: startConsulTLS},
	{name: "template", title: "Consul, beside consul-template", services: 20, start: startConsul, template: true},
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == childArgument {
		fail(runChild(os.Args[2]))
		return
	}
	var s settings
	flag.StringVar(&s.agent, "agent", "bin/remora", "the agent's binary")
	flag.StringVar(&s.template, "template", "bin/tools/consul-template", "consul-template; left out if it is not there")
	flag.StringVar(&s.json, "json", "", "file for the report, for bench/report")
	flag.IntVar(&s.rounds, "rounds", 11, "rounds of each part")
	flag.IntVar(&s.writes, "writes", 100, "writes in a round; beside consul-template, a fifth of it")
	flag.StringVar(&s.only, "only", "", "one of etcd, consul, services, template")
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
	if s.only != "" && !slices.ContainsFunc(parts, func(p part) bool { return p.name == s.only }) {
		return fmt.Errorf("there is no part %q", s.only)
	}
	if s.rounds < 1 || s.writes < 1 {
		return fmt.Errorf("%d rounds of %d writes are none", s.rounds, s.writes)
	}
	report := newReport(s)
	for _, p := range parts {
		if s.only != "" && s.only != p.name || ctx.Err() != nil {
			continue
		}
		if p.template && !exists(s.template) {
			report.LeftOut = append(report.LeftOut, "consul-template: not installed")
			continue
		}
		var writes [][]write
		fault := testbed.Run(ctx, p.name, func(t testing.TB) { writes = p.measure(t, s) })
		if fault != nil { // the others are worth having all the same
			report.Failed = append(report.Failed, fmt.Sprintf("%s: %v", p.name, fault))
			err = errors.Join(err, fmt.Errorf("measure %s: %w", p.name, fault))
			continue
		}
		p.tell(report, writes)
	}
	return errors.Join(err, ctx.Err(), figures.Write(os.Stdout, s.json, report))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
