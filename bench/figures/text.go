package figures

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Text renders the report for the terminal. Plots are not shown.
func (r *Report) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s\n", r.Title, strings.Repeat("=", utf8.RuneCountInString(r.Title)))
	if r.About != "" {
		fmt.Fprintf(&out, "%s\n", r.About)
	}
	for _, t := range r.Tables {
		out.WriteString("\n" + t.Text())
	}
	lines(&out, "note", r.Notes)
	lines(&out, "left out", r.LeftOut)
	lines(&out, "FAILED", r.Failed)
	return out.String()
}

func lines(out io.Writer, label string, list []string) {
	for i, line := range list {
		if i == 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s: %s\n", label, line)
	}
}

// Text renders one table for the terminal.
func (t *Table) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", t.Caption())
	grid := t.Grid()
	widths := make([]int, len(grid[0]))
	for _, row := range grid {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range grid {
		padded := make([]string, len(row))
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			padded[i] = space + cell
			if i == 0 || i > len(t.Heads) { // labels and targets
				padded[i] = cell + space
			}
		}
		fmt.Fprintf(&out, "  %s\n", strings.TrimRight(strings.Join(padded, "  "), " "))
	}
	if t.About != "" {
		fmt.Fprintf(&out, "  %s\n", t.About)
	}
	return out.String()
}

// Caption is the table's title, with the unit and with how many rounds its spreads are of.
func (t *Table) Caption() string {
	caption := t.Title
	if t.Unit != "" {
		caption += ", " + t.Unit
	}
	switch least, most := t.rounds(); {
	case most <= 1:
		return caption
	case least < most:
		return fmt.Sprintf("%s; median (least–most) of %d to %d", caption, least, most)
	default:
		return fmt.Sprintf("%s; median (least–most) of %d", caption, most)
	}
}

// rounds is the least and the most rounds that a spread of the table is of.
func (t *Table) rounds() (least, most int) {
	for _, row := range t.Rows {
		for _, cell := range row.Cells {
			if s, ok := cell.(Spread); ok && s.N > 1 {
				if most == 0 || s.N < least {
					least = s.N
				}
				most = max(most, s.N)
			}
		}
	}
	return least, most
}

// Grid is the table as texts of one width: the heads, then the rows. The first column holds the labels;
// where a row has a target a last one holds those.
func (t *Table) Grid() [][]string {
	grid := [][]string{append([]string{t.Label}, t.Heads...)}
	for _, row := range t.Rows {
		texts := make([]string, 1+len(t.Heads))
		texts[0] = row.Label
		for i, cell := range row.Cells[:min(len(row.Cells), len(t.Heads))] {
			texts[i+1] = cell.String()
		}
		grid = append(grid, texts)
	}
	if !slices.ContainsFunc(t.Rows, func(r *Row) bool { return len(r.Targets) > 0 }) {
		return grid
	}
	grid[0] = append(grid[0], "target")
	for i, row := range t.Rows {
		grid[i+1] = append(grid[i+1], targets(row))
	}
	return grid
}

func targets(r *Row) string {
	list := make([]string, len(r.Targets))
	for i, t := range r.Targets {
		met := "met"
		if !t.Met {
			met = "MISSED"
		}
		list[i] = fmt.Sprintf("%s %s: %s", t.Of, t.Want, met)
	}
	return strings.Join(list, "; ")
}
