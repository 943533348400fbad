package main

import (
	"fmt"
	"os"

	"github.com/remora-agent/remora/bench/figures"
)

const about = "The agent, the binary that users run in a process of its own, probes thousands of targets over TCP, each an " +
	"address of its own of the loopback network behind one listener, which writes down who is probed when. Two intervals " +
	"pass first: new targets are probed at once, and find their places in the interval with the second round. CPU time is that of " +
	"the agent's process; what the kernel does on loopback for the listener's side is partly in it."

// mostCPU is percent of a core.
const mostCPU = 10.0

const (
	headCPU    = "CPU, % of a core"
	headSpread = "probes in a second"
	headMissed = "not probed in an interval"
	headGo     = "goroutines"
)

// report hands on what was found.
func (s settings) report(f *findings) error {
	r := figures.New("health", "Health checks", about)
	t := r.Table(fmt.Sprintf("%d targets, every %v", s.targets, s.interval), "check",
		headCPU, headGo, headSpread, "probes in a tenth of the interval", headMissed, "latest probe, ms late", "first round, s")
	cpu, second, routines := figures.SpreadOf(f.cpu), figures.SpreadOf(f.second), figures.SpreadOf(f.routine)
	t.Row("tcp", cpu, routines, second, figures.SpreadOf(f.tenth), figures.Number(f.missed),
		figures.Number(1000*f.late), figures.Number(f.first.Seconds())).
		Target(headCPU, fmt.Sprintf("≤ %v", mostCPU), cpu.Median <= mostCPU).
		Target(headMissed, "0", f.missed == 0)
	p := r.Plot("spread", "Probes in each second", figures.Axis{Label: "second"}, figures.Axis{Label: "probes"})
	line := p.Line("tcp")
	for i, n := range f.second {
		line.Point(float64(i), figures.SpreadOf([]float64{n}))
	}
	return figures.Write(os.Stdout, s.json, r)
}
