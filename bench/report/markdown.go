package main

import (
	"strings"

	"github.com/remora-agent/remora/bench/figures"
)

// cells are those of a table, with what must strike the eye in another type.
func cells(t *figures.Table) [][]string {
	grid := t.Grid()
	for i, row := range t.Rows {
		line := grid[i+1]
		if row.Control {
			line[0] = "*" + line[0] + "*"
		}
		if last := len(line) - 1; last > len(t.Heads) {
			line[last] = strings.ReplaceAll(line[last], "MISSED", "**missed**")
		}
	}
	return grid
}

// writeTable writes a table whose first row is the heads. The columns between the first and the one at
// numbers are set to the right.
func writeTable(out *strings.Builder, grid [][]string, numbers int) {
	for i, row := range grid {
		for _, cell := range row {
			out.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		out.WriteString("|\n")
		if i > 0 {
			continue
		}
		for column := range row {
			if column == 0 || column >= numbers {
				out.WriteString("|---")
			} else {
				out.WriteString("|---:")
			}
		}
		out.WriteString("|\n")
	}
	out.WriteString("\n")
}

func writeList(out *strings.Builder, lines []string) {
	for _, line := range lines {
		out.WriteString("- " + line + "\n")
	}
	if len(lines) > 0 {
		out.WriteString("\n")
	}
}
