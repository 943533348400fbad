package main

import (
	"fmt"

	"github.com/remora-agent/remora/bench/figures"
)

const about = `Servers answer over a UNIX socket, each in a process of its own. All run at the same time and are loaded
in turn, round by round, so that whatever disturbs the machine disturbs all of them; the client, a closed loop with
one request at a time on each connection, runs on the same cores. The echo server reads the same bytes and writes the
same answer as the agent; the control is a second echo server, so its ratios show what chance does. Ratios are to the
first server of a table, in the same round. CPU time is that of the server's process, without the client's.`

func newReport(s settings) *figures.Report {
	r := figures.New("socket", "Asking the agent over its UNIX socket", about)
	r.Notes = append(r.Notes, fmt.Sprintf("Each server is loaded for %v in each of %d rounds.", s.span, s.rounds))
	return r
}

// Heads of the tables' columns.
const (
	rateRatio = "rate ratio"
	cpuRatio  = "CPU ratio"
	p99Ratio  = "p99 ratio"
	picksRate = "picks/s"
)

// tabulate reports a race as a table with a row for each number of connections and server.
func (b *bench) tabulate(r race, laps []lap) {
	heads := []string{"requests/s", rateRatio, "CPU µs/request", cpuRatio, "p50 µs", "p99 µs", p99Ratio}
	if r.each > 0 {
		heads = append(heads, picksRate)
	}
	table := b.report.Table(r.title, "connections, server", heads...)
	for _, l := range laps {
		for i, s := range l.servers {
			row := table.Row(fmt.Sprintf("%d, %s", l.connections, s.name), l.cells(i)...)
			row.Control = s.name == controlName
			for _, aim := range r.aims {
				aim.judge(l, i, row)
			}
		}
	}
}

func (l lap) cells(server int) []figures.Cell {
	median := func(v value) figures.Number { return figures.Number(l.of(server, v).Median) }
	cells := []figures.Cell{
		median(rate), l.ratio(server, 0, rate), median(cpu), l.ratio(server, 0, cpu),
		median(p50), median(p99), l.ratio(server, 0, p99),
	}
	if l.each > 0 && l.servers[server].name == agentName { // an echo server picks nothing
		cells = append(cells, figures.Number(float64(l.each)*l.of(server, rate).Median))
	}
	return cells
}

// versus reports what the agent comes to in proportion to each of its peers.
func (b *bench) versus(laps []lap, agent string) {
	heads := []string{"requests/s", "CPU of a request", "p99"}
	table := b.report.Table("The agent in proportion to its peers", "connections, peer", heads...)
	for _, l := range laps {
		us := l.at(agent)
		for i, s := range l.servers {
			if i == us || s.name == echoName || s.name == controlName { // those are in the race's own table
				continue
			}
			row := table.Row(fmt.Sprintf("%d, %s", l.connections, s.name), l.ratio(us, i, rate), l.ratio(us, i, cpu), l.ratio(us, i, p99))
			for _, aim := range peerAims {
				aim.judge(l, i, row)
			}
		}
	}
}

// draw plots a race by numbers of connections, with the agent's line first.
func (b *bench) draw(laps []lap, agent string) {
	connections := figures.Axis{Label: "connections", Log: true}
	for _, p := range []struct {
		name, title, unit string
		value             value
	}{
		{"throughput", "Throughput by connections", "requests a second", rate},
		{"cpu", "CPU time of a request by connections", "µs of the server", cpu},
		{"tail", "p99 by connections", "µs", p99},
	} {
		plot := b.report.Plot(p.name, p.title, connections, figures.Axis{Label: p.unit, Log: true})
		first := laps[0].at(agent)
		drawLine(plot, laps, first, p.value)
		for i := range laps[0].servers {
			if i != first {
				drawLine(plot, laps, i, p.value)
			}
		}
	}
}

func drawLine(plot *figures.Plot, laps []lap, server int, v value) {
	name := laps[0].servers[server].name
	line := plot.Line(name)
	line.Control = name == controlName
	for _, l := range laps {
		line.Point(float64(l.connections), l.of(server, v))
	}
}
