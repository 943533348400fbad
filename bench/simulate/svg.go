package main

import (
	"fmt"
	"html"
	"math"
	"strings"
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
	axisLeft     = 130 // within a panel
	axisWidth    = 230
	errorsRight  = 435
	spreadRight  = 505
	axisLow      = 10.0 // ms
	axisHigh     = 1000.0
)

const svgStyle = `text{font:12px sans-serif;fill:#222}.title{font-weight:bold;font-size:13px}.head{fill:#777;font-size:10px}` +
	`.grid{stroke:#ddd}.bar{fill:#4878a8}.range{stroke:#1d3550;stroke-width:2}.bad{fill:#b3261e;font-weight:bold}`

// svg is a picture as it is being drawn.
type svg struct{ strings.Builder }

func (p *svg) text(x, y float64, class, anchor, text string) {
	fmt.Fprintf(p, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`+"\n", x, y, class, anchor, html.EscapeString(text))
}

func (p *svg) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(p, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`+"\n", x1, y1, x2, y2, class)
}

func (p *svg) bar(x1, x2, y, height float64) {
	fmt.Fprintf(p, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" class="bar"/>`+"\n", x1, y, max(x2-x1, 1), height)
}

// chart draws all scenarios.
func (r results) chart(scenarios []*scenario) string {
	var body svg
	y, tallest := 30.0, 0.0
	for i, s := range scenarios {
		column := i % panelColumns
		if column == 0 && i > 0 {
			y, tallest = y+tallest+panelGap, 0
		}
		tallest = max(tallest, r.panel(&body, s, float64(column*panelWidth), y))
	}
	height := y + tallest + 10
	var p svg
	fmt.Fprintf(&p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" width="%[1]d" height="%.0[2]f">`+"\n", panelColumns*panelWidth, height)
	fmt.Fprintf(&p, "<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", svgStyle)
	p.text(12, 20, "head", "start", fmt.Sprintf(
		"Bars reach from the median p50 to the median p99 of %d seeds, thin lines over the p99 of all; ms, logarithmic.", len(seeds)))
	p.WriteString(body.String())
	p.WriteString("</svg>\n")
	return p.String()
}

// panel draws one scenario and returns its height.
func (r results) panel(p *svg, s *scenario, x, y float64) (height float64) {
	strategies := s.strategies()
	bottom := y + panelHead + float64(len(strategies)*rowHeight)
	p.text(x+12, y+20, "title", "start", s.title)
	for _, ms := range []float64{10, 30, 100, 300, 1000} {
		at := x + axis(ms)
		p.text(at, y+40, "head", "middle", fmt.Sprintf("%g", ms))
		p.line(at, y+46, at, bottom, "grid")
	}
	p.text(x+errorsRight, y+40, "head", "end", "errors %")
	p.text(x+spreadRight, y+40, "head", "end", "largest/mean")
	for i, strategy := range strategies {
		drawRow(p, r[s.name][strategy], string(strategy), x, y+panelHead+float64(i*rowHeight))
	}
	return bottom - y
}

func drawRow(p *svg, runs []measures, name string, x, y float64) {
	p50, p99 := statOf(runs, halfWait.value), statOf(runs, longWait.value)
	errors, spread := statOf(runs, errorRate.value).median, statOf(runs, loadSpread.value).median
	middle := y + rowHeight/2.0
	p.text(x+axisLeft-10, middle+4, "", "end", name)
	p.bar(x+axis(p50.median), x+axis(p99.median), y+4, rowHeight-8)
	p.line(x+axis(p99.low), middle, x+axis(p99.high), middle, "range")
	class := ""
	if errors >= 1 {
		class = "bad"
	}
	p.text(x+errorsRight, middle+4, class, "end", fmt.Sprintf("%.2f", errors))
	p.text(x+spreadRight, middle+4, "", "end", fmt.Sprintf("%.2f", spread))
}

// axis is where a time stands in a panel.
func axis(ms float64) float64 {
	ms = min(max(ms, axisLow), axisHigh)
	return axisLeft + axisWidth*math.Log(ms/axisLow)/math.Log(axisHigh/axisLow)
}
