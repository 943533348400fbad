package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// column is one figure of the tables.
type column struct {
	title string
	digit int // after the point
	field func(*measures) *float64
	zoned bool // only where there are zones
}

func (c column) value(m measures) float64 { return *c.field(&m) }

var (
	halfWait   = column{title: "p50 ms", digit: 1, field: func(m *measures) *float64 { return &m.p50 }}
	longWait   = column{title: "p99 ms", digit: 0, field: func(m *measures) *float64 { return &m.p99 }}
	errorRate  = column{title: "errors %", digit: 2, field: func(m *measures) *float64 { return &m.errors }}
	loadSpread = column{title: "largest/mean load", digit: 2, field: func(m *measures) *float64 { return &m.spread }}
	localShare = column{title: "in own zone %", digit: 0, field: func(m *measures) *float64 { return &m.local }, zoned: true}

	columns = []column{halfWait, longWait, errorRate, loadSpread, localShare}
)

// rows are the table of a scenario, the header first.
func (r results) rows(s *scenario) [][]string {
	header := []string{"strategy"}
	for _, c := range columns {
		if s.zones > 0 || !c.zoned {
			header = append(header, c.title)
		}
	}
	rows := [][]string{header}
	for _, strategy := range s.strategies() {
		row := []string{string(strategy)}
		for _, c := range columns {
			if s.zones > 0 || !c.zoned {
				row = append(row, c.cell(statOf(r[s.name][strategy], c.value)))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// cell is a median with its range, which is left out where it rounds to the same.
func (c column) cell(s stat) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', c.digit, 64) }
	low, high := number(s.low), number(s.high)
	if low == high {
		return number(s.median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(s.median), low, high)
}

// writeText writes all tables for a terminal.
func (r results) writeText(out io.Writer, scenarios []*scenario) error {
	for _, s := range scenarios {
		fmt.Fprintf(out, "%s (%s)\n\n", s.title, s.name)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, row := range r.rows(s) {
			fmt.Fprintln(table, strings.Join(row, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	return nil
}

// markdown is all tables for the documentation.
func (r results) markdown(scenarios []*scenario) string {
	var b strings.Builder
	for _, s := range scenarios {
		fmt.Fprintf(&b, "### %s\n\n", s.title)
		for i, row := range r.rows(s) {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
			if i == 0 {
				fmt.Fprintf(&b, "|---|%s\n", strings.Repeat("---:|", len(row)-1))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
