// Package figures is what every benchmark hands on: a Report of tables and plots that says what was
// compared with what, and how. A program builds one while it measures and ends with Write, which prints
// it for the terminal and writes it as JSON, from which bench/report makes docs/performance.md.
//
//	r := figures.New("socket", "Asking over the socket", "Each server is loaded in turn, round by round.")
//	t := r.Table("GET /v1/select, 16 connections", "server", "requests/s", "CPU, ratio to echo")
//	t.Row("agent", rates, ratios).Target("CPU, ratio to echo", "≤ 1.25", ratios.Median <= 1.25)
//	t.Row("control", …).AsControl()
//	err := figures.Write(os.Stdout, jsonPath, r)
//
// A figure is a Spread, the least, the median and the most of several rounds: one number alone says
// nothing about what the machine does to it. Nothing in this package may be called concurrently.
//
//	report.go     Report, Table, Row, Plot, Line
//	spread.go     Spread, and how numbers are written
//	text.go       the rendering for the terminal
//	files.go      JSON, in and out
//	machine.go    where it was measured
package figures
