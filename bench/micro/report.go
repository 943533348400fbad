package main

import (
	"strings"

	"github.com/remora-agent/remora/bench/figures"
)

const about = `Go benchmarks, which stand beside the code that they measure: what a part costs by itself, without a socket
and without a second process. Each runs several times over; none has a control, so read the least as what the code
takes and the rest as what the machine adds.`

// tabulate adds a suite's table and plot to the report.
func tabulate(r *figures.Report, s suite, found []*finding) {
	table := r.Table(s.title, "benchmark", s.units...)
	table.About = s.about
	for _, f := range found {
		cells := make([]figures.Cell, len(s.units))
		for i, unit := range s.units {
			cells[i] = f.cell(unit)
		}
		row := table.Row(f.name, cells...)
		for _, l := range s.limits {
			if spread := f.spread(l.unit); spread.N > 0 && strings.HasPrefix(f.name, l.of) {
				row.Target(l.unit, "≤ "+figures.Format(l.most), spread.Median <= l.most)
			}
		}
	}
	if s.plot != nil {
		s.plot.draw(r, found)
	}
}

// cell is a spread, and one number where it was the same each time.
func (f *finding) cell(unit string) figures.Cell {
	s := f.spread(unit)
	switch {
	case s.N == 0:
		return figures.Text("")
	case s.Min == s.Max:
		return figures.Number(s.Median)
	}
	return s
}

func (p *plot) draw(r *figures.Report, found []*finding) {
	picture := r.Plot(p.name, p.title, figures.Axis{Label: p.x, Log: true}, figures.Axis{Label: p.y, Log: true})
	lines := make(map[string]*figures.Line)
	for _, f := range found {
		before, x, ok := f.parameter(p.by)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(before, "/")
		if lines[name] == nil {
			lines[name] = picture.Line(name)
		}
		lines[name].Point(x, f.spread(p.unit))
	}
}
