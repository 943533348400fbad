package main

import (
	"fmt"
	"os"

	"github.com/remora-agent/remora/bench/figures"
)

// What the figures were to come to.
const (
	mostBytes = 400.0 // of live heap for a backend, the agent's own taken off: 400 MB for a million
	mostRest  = 2.0   // percent of a core at rest
	mostCost  = 50.0  // µs of CPU time for one change, beyond what following the catalog costs anybody
)

const about = "A real etcd and a real Consul hold services of 10 or 100 backends, with weights and zones; the agent, the " +
	"binary that users run in a process of its own, imports all of them, without health checks. The live heap is what " +
	"its garbage collector last found in use. Of the changes half give a backend another weight, the others take one " +
	"out or bring it back. CPU time is that of the agent's process, without what it takes at rest. Beside it a process " +
	"follows the same prefix through the same library and throws away what it hears: that is the control, and what the " +
	"agent adds to it is what a change costs. Which is dear when changes come one by one, since each wakes a process " +
	"that sleeps."

// report hands on what was found.
func (b *bench) report() error {
	r := figures.New("scale", "Cost by size of the catalog", about)
	r.LeftOut, r.Failed = b.left, b.failed
	b.restTable(r)
	b.changeTable(r)
	b.plots(r)
	return figures.Write(os.Stdout, b.json, r)
}

// base is the live heap of an agent whose catalog is empty, which the first catalog in etcd is.
func (b *bench) base() float64 {
	for _, f := range b.found {
		if f.size.all() == 0 {
			return f.live
		}
	}
	return 0
}

func (f *findings) label() string { return f.registry + ": " + f.size.String() }

// each is bytes for a backend.
func (f *findings) each(bytes float64) float64 { return bytes / float64(f.size.all()) }

const (
	headEach = "live heap, B a backend"
	headRest = "CPU at rest, % of a core"
	headOwn  = "of it the agent's own, µs"
)

func (b *bench) restTable(r *figures.Report) {
	t := r.Table("Ready, and at rest", "services × backends",
		"ready, s", "CPU until then, s", "live heap, MB", headEach, "RSS, MB", "RSS, B a backend", "goroutines", headRest, "CPU of a scrape, ms")
	t.About = "Bytes a backend are without the heap of an agent whose catalog is empty."
	for _, f := range b.found {
		each, rss := figures.Cell(figures.Text("")), figures.Cell(figures.Text(""))
		if f.size.all() > 0 {
			each, rss = figures.Number(f.each(f.live-b.base())), figures.Number(f.each(float64(f.rss)))
		}
		row := t.Row(f.label(), figures.Number(f.ready.Seconds()), figures.Number(f.readyCPU.Seconds()),
			figures.Number(f.live/1e6), each, figures.Number(float64(f.rss)/1e6), rss,
			figures.Number(f.goroutines), figures.Number(100*f.rest), figures.Number(float64(f.scrape.Microseconds())/1000))
		row.Target(headRest, fmt.Sprintf("≤ %v", mostRest), 100*f.rest <= mostRest)
		if f.size.backends == 100 && f.size.services >= 1000 {
			bytes := f.each(f.live - b.base())
			row.Target(headEach, fmt.Sprintf("≤ %v", mostBytes), bytes <= mostBytes)
		}
	}
}

func (b *bench) changeTable(r *figures.Report) {
	t := r.Table("A change", "services × backends, changes a second", "CPU, % of a core", "CPU of a change, µs",
		"of a bare watcher, µs", headOwn, "changes in one snapshot")
	for _, f := range b.found {
		for _, c := range f.changing {
			percent := make([]float64, len(c.share))
			for i, share := range c.share {
				percent[i] = 100 * share
			}
			own := figures.SpreadOf(c.own())
			row := t.Row(fmt.Sprintf("%s, %s/s", f.label(), figures.Number(c.rate)), figures.SpreadOf(percent), figures.SpreadOf(c.cost),
				figures.SpreadOf(c.control), own, figures.Number(c.merged))
			if own.N > 0 {
				row.Target(headOwn, fmt.Sprintf("≤ %v", mostCost), own.Median <= mostCost)
			}
		}
	}
}

// plots show what grows with the catalog in etcd, with a line for services of each size.
func (b *bench) plots(r *figures.Report) {
	size := figures.Axis{Label: "services in the catalog", Log: true}
	change := r.Plot("change", "CPU time of one of 1,000 changes a second", size, figures.Axis{Label: "µs"})
	heap := r.Plot("heap", "Live heap", size, figures.Axis{Label: "MB", Log: true})
	rest := r.Plot("rest", "CPU at rest", size, figures.Axis{Label: "% of a core"})
	for _, backends := range []int{10, 100} {
		of := fmt.Sprintf(", %d backends each", backends)
		agent, live, idle := change.Line("agent"+of), heap.Line("agent"+of), rest.Line("agent"+of)
		bare := change.Line("bare watcher" + of)
		bare.Control = true
		for _, f := range b.found {
			if f.registry != "etcd" || f.size.backends != backends {
				continue
			}
			n := float64(f.size.services)
			live.Point(n, figures.SpreadOf([]float64{f.live / 1e6}))
			idle.Point(n, figures.SpreadOf([]float64{100 * f.rest}))
			for _, c := range f.changing {
				if c.rate == 1000 {
					agent.Point(n, figures.SpreadOf(c.cost))
					bare.Point(n, figures.SpreadOf(c.control))
				}
			}
		}
	}
}
