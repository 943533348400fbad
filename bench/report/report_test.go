package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

// socket has one of everything.
func socket() *figures.Report {
	r := figures.New("socket", "Over the socket", "In turn.")
	r.Commit, r.Taken = "abc", time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	r.Machine = &figures.Machine{CPU: "EPYC", Cores: 2, Kernel: "Linux 6", System: "linux/amd64", Go: "go1.26"}
	t := r.Table("GET /v1/select", "server", "requests/s", "CPU")
	t.About = "Ratios are to echo."
	t.Row("control", figures.Number(2000), figures.SpreadOf([]float64{0.9, 1, 1.1})).AsControl()
	t.Row("agent|x", figures.Number(1000), figures.SpreadOf([]float64{1.2, 1.3, 1.4})).
		Target("CPU", "≤ 1.25", false).Target("requests/s", "≥ 900", true)
	r.Plot("rate", "Rate", figures.Axis{Label: "connections"}, figures.Axis{Label: "requests/s"}).
		Line("agent").Point(1, figures.SpreadOf([]float64{1, 2}))
	r.Notes, r.LeftOut, r.Failed = []string{"Short."}, []string{"nginx: not installed"}, []string{"batch: no answer"}
	return r
}

const wanted = `| measured on |  |
|---|---|
| CPU | EPYC, 2 cores |
| kernel | Linux 6 |
| Go | go1.26 linux/amd64 |
| date | 2026-11-22 13:00:00 UTC |
| commit | abc |

## Targets

1 of 2 targets are met. Each stands in the table of its figure; these are missed:

| table | row | figure | wanted | came to |
|---|---|---|---|---|
| GET /v1/select | agent\|x | CPU | ≤ 1.25 | 1.30 (1.20–1.40) |

## Missing

- scale: the whole benchmark; it did not run to its end
- socket: left out nginx: not installed
- socket: failed batch: no answer

## Over the socket

In turn.

![Rate](performance-socket-rate.svg)

### GET /v1/select

*median (least–most) of 3*

| server | requests/s | CPU | target |
|---|---:|---:|---|
| *control* | 2,000 | 1.00 (0.90–1.10) |  |
| agent\|x | 1,000 | 1.30 (1.20–1.40) | CPU ≤ 1.25: **missed**; requests/s ≥ 900: met |

Ratios are to echo.

- Short.

## Inside

Go.

Measured apart: 2026-11-22 14:00:00 UTC, commit def, EPYC, 2 cores, Linux 6, go1.26.
`

func TestPage(t *testing.T) {
	from, docs := t.TempDir(), t.TempDir()
	inside := figures.New("micro", "Inside", "Go.")
	inside.Commit, inside.Taken, inside.Machine = "def", socket().Taken.Add(time.Hour), socket().Machine
	for _, r := range []*figures.Report{socket(), inside} {
		if err := figures.Write(io.Discard, filepath.Join(from, r.Name+".json"), r); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(docs, "performance-gone-rate.svg"))
	write(t, filepath.Join(docs, "simulation.svg"))
	if err := run(from, docs, []string{"socket", "scale", "micro"}); err != nil {
		t.Fatal(err)
	}
	if got, ok := strings.CutPrefix(textOf(t, filepath.Join(docs, "performance.md")), intro); !ok || got != wanted {
		t.Errorf("the page is\n%s", got)
	}
	if svg := textOf(t, filepath.Join(docs, "performance-socket-rate.svg")); !strings.Contains(svg, ">Rate</text>") {
		t.Errorf("the plot is\n%s", svg)
	}
	left, err := filepath.Glob(filepath.Join(docs, "*.svg"))
	if err != nil || len(left) != 2 {
		t.Errorf("plots are %q, %v; want the simulation's and the new one", left, err)
	}
}

// Without figures the page of an earlier run is worth more than none.
func TestNoFigures(t *testing.T) {
	docs := t.TempDir()
	write(t, filepath.Join(docs, "performance-socket-rate.svg"))
	if err := run(t.TempDir(), docs, []string{"socket"}); err == nil {
		t.Error("a page is made of nothing")
	}
	textOf(t, filepath.Join(docs, "performance-socket-rate.svg"))
}

// A file that can't be read is a fault of the machinery, not a benchmark that is missing.
func TestBrokenFile(t *testing.T) {
	from := t.TempDir()
	write(t, filepath.Join(from, "socket.json"))
	if err := run(from, t.TempDir(), []string{"socket"}); err == nil || !strings.Contains(err.Error(), "socket.json") {
		t.Errorf("of a broken file: %v", err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
