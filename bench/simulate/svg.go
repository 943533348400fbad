package main

import (
	"fmt"

	"github.com/remora-agent/remora/bench/plot"
)

// The chart is a panel for each scenario, with a row for each strategy: on a logarithmic axis of
// milliseconds a bar from the median p50 to the median p99, a thin line over the p99 of all seeds, and
// errors and spread in figures. Measures are in pixels.
const (
	panelColumns = 2
	panelWidth   = 520
	panelHead    = 54
	rowHeight    = 18
	panelGap     = 26
	axisLeft     = 140 // within a panel
	axisWidth    = 212
	errorsRight  = 430
	spreadRight  = 512
	axisLow      = 10.0 // ms
	axisHigh     = 1000.0
)

// axis is where times stand in a panel.
var axis = plot.Scale{Low: axisLow, High: axisHigh, Log: true, From: axisLeft, To: axisLeft + axisWidth}

// chart draws all scenarios.
func (r results) chart(scenarios []*scenario) string {
	var p plot.Canvas
	y, tallest := 30.0, 0.0
	p.Text(12, 20, plot.Head, plot.Start, fmt.Sprintf(
		"Bars reach from the median p50 to the median p99 of %d seeds, thin lines over the p99 of all; ms, logarithmic.", len(seeds)))
	for i, s := range scenarios {
		column := i % panelColumns
		if column == 0 && i > 0 {
			y, tallest = y+tallest+panelGap, 0
		}
		tallest = max(tallest, r.panel(&p, s, float64(column*panelWidth), y))
	}
	return p.SVG(panelColumns*panelWidth, y+tallest+10, "Waits, errors and spread of load of each strategy in each scenario")
}

// panel draws one scenario and returns its height.
func (r results) panel(p *plot.Canvas, s *scenario, x, y float64) (height float64) {
	strategies := s.strategies()
	bottom := y + panelHead + float64(len(strategies)*rowHeight)
	p.Text(x+12, y+20, plot.Title, plot.Start, s.title)
	for _, ms := range []float64{10, 30, 100, 300, 1000} {
		at := x + axis.At(ms)
		p.Text(at, y+40, plot.Head, plot.Middle, fmt.Sprintf("%g", ms))
		p.Line(at, y+46, at, bottom, plot.Grid)
	}
	p.Text(x+errorsRight, y+40, plot.Head, plot.End, "errors %")
	p.Text(x+spreadRight, y+40, plot.Head, plot.End, "largest/mean")
	for i, strategy := range strategies {
		drawRow(p, r[s.name][strategy], string(strategy), x, y+panelHead+float64(i*rowHeight))
	}
	return bottom - y
}

func drawRow(p *plot.Canvas, runs []measures, name string, x, y float64) {
	p50, p99 := statOf(runs, halfWait.value), statOf(runs, longWait.value)
	errors, spread := statOf(runs, errorRate.value).median, statOf(runs, loadSpread.value).median
	middle := y + rowHeight/2.0
	p.Text(x+axisLeft-10, middle+4, plot.Plain, plot.End, name)
	p.Bar(x+axis.At(p50.median), x+axis.At(p99.median), y+4, rowHeight-8, plot.Bar)
	p.Line(x+axis.At(p99.low), middle, x+axis.At(p99.high), middle, plot.Range)
	class := plot.Plain
	if errors >= 1 {
		class = plot.Bad
	}
	p.Text(x+errorsRight, middle+4, class, plot.End, fmt.Sprintf("%.2f", errors))
	p.Text(x+spreadRight, middle+4, plot.Plain, plot.End, fmt.Sprintf("%.2f", spread))
}
