package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	agent, etcd, consul string
	json                string
	only                string
	sizes               string
	full                bool
	rounds              int
	span                time.Duration
	profile             string
}

// bench is one run: its settings, its folder, and what it found.
type bench struct {
	settings
	folder string
	found  []*findings
	left   []string // what was left out, and why
	failed []string
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == watchArgument {
		fail(watchBare(os.Args[2], os.Args[3]))
		return
	}
	if len(os.Args) == 4 && os.Args[1] == insideArgument {
		fail(runInside(os.Args[3], os.Args[2]))
		return
	}
	var s settings
	flag.StringVar(&s.agent, "agent", "bin/remora", "the agent's binary")
	flag.StringVar(&s.etcd, "etcd", "bin/tools/etcd", "etcd; left out if it is not there")
	flag.StringVar(&s.consul, "consul", "bin/tools/consul", "Consul; left out if it is not there")
	flag.StringVar(&s.json, "json", "", "file for the figures, for plots")
	flag.StringVar(&s.only, "only", "", "one of etcd, consul")
	flag.StringVar(&s.sizes, "sizes", "", "catalogs in etcd instead of the usual ones, such as 10x100,1000x10")
	flag.BoolVar(&s.full, "full", false, "also 10,000 services of 100 backends, which takes minutes")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of each load")
	flag.DurationVar(&s.span, "span", time.Second, "how long a round lasts")
	flag.StringVar(&s.profile, "profile", "", "folder for profiles of the agent, which then runs inside this program")
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
	sizes, err := s.catalogs()
	if err != nil {
		return err
	}
	b := &bench{settings: s}
	if b.folder, err = os.MkdirTemp("", "scale"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	if s.only == "" || s.only == "etcd" {
		b.note("etcd", b.inEtcd(ctx, sizes))
	}
	if s.only == "" || s.only == "consul" {
		b.note("Consul", b.inConsul(ctx, size{1000, 10}))
	}
	if err := b.report(); err != nil {
		return err
	}
	if len(b.failed) > 0 {
		return errors.New(strings.Join(b.failed, "; "))
	}
	return nil
}

// note has the report name what failed, so that what was found until then is not lost.
func (b *bench) note(part string, err error) {
	if err != nil {
		b.failed = append(b.failed, fmt.Sprintf("%s: %v", part, err))
	}
}

// usual are the catalogs that are measured, an empty one first; the last one with -full only.
var usual = []size{{}, {10, 10}, {100, 10}, {10, 100}, {1000, 10}, {100, 100}, {10_000, 10}, {1000, 100}, {10_000, 100}}

// catalogs are the sizes that the flags ask for.
func (s settings) catalogs() (sizes []size, err error) {
	if s.sizes != "" {
		sizes, err := parseSizes(s.sizes)
		return append([]size{{}}, sizes...), err
	}
	if s.full {
		return usual, nil
	}
	return slices.Clone(usual[:len(usual)-1]), nil
}
