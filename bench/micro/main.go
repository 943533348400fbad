package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

// settings are the flags.
type settings struct {
	json  string
	only  string
	count int
	span  time.Duration
}

func main() {
	var s settings
	flag.StringVar(&s.json, "json", "", "file for the report, for bench/report")
	flag.StringVar(&s.only, "only", "", "one of "+names())
	flag.IntVar(&s.count, "count", 5, "how often each benchmark runs, where its suite does not say")
	flag.DurationVar(&s.span, "span", 100*time.Millisecond, "how long each runs each time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "micro:", err)
		os.Exit(1)
	}
}

func names() string {
	list := make([]string, len(suites))
	for i, s := range suites {
		list[i] = s.name
	}
	return strings.Join(list, ", ")
}

func run(ctx context.Context, s settings) (err error) {
	r := figures.New("micro", "Inside the process", about)
	r.Notes = append(r.Notes, fmt.Sprintf("Each benchmark runs for %v each time.", s.span))
	for _, suite := range suites {
		if s.only != "" && s.only != suite.name || ctx.Err() != nil {
			continue
		}
		found, fault := s.measure(ctx, suite)
		if len(found) > 0 {
			tabulate(r, suite, found)
		}
		if fault != nil { // the others are worth having all the same
			r.Failed = append(r.Failed, fmt.Sprintf("%s: %v", suite.name, fault))
			err = errors.Join(err, fmt.Errorf("measure %s: %w", suite.name, fault))
		}
	}
	return errors.Join(err, ctx.Err(), figures.Write(os.Stdout, s.json, r))
}

// measure runs a suite. What was found before a failure is returned with it.
func (s settings) measure(ctx context.Context, suite suite) ([]*finding, error) {
	count := suite.count
	if count == 0 {
		count = s.count
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", suite.pattern, "-benchmem",
		"-benchtime", s.span.String(), "-count", strconv.Itoa(count), suite.folder)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	err := cmd.Run()
	found := parse(out.String())
	switch {
	case err != nil:
		return found, fmt.Errorf("go test of %s: %w: %s", suite.folder, err, lastLine(out.String()))
	case len(found) == 0:
		return nil, fmt.Errorf("%s has no benchmark %s", suite.folder, suite.pattern)
	}
	return found, nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
