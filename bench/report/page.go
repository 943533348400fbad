package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

// page is what is to be written.
type page struct {
	reports []*figures.Report
	absent  []string // benchmarks that have left no figures
}

const intro = `# Performance

` + "`make bench`" + ` measures all of this and writes this page; nothing on it is written by hand. Figures of several rounds
are given as *median (least–most)*. Ratios are of figures that were taken in the same round, so that what disturbs
the machine disturbs both; a *control* is one more of what is compared with, and shows what chance alone does.
Nothing is tuned for the benchmarks: the binary and its defaults are those that users run, and no test of
` + "`make test`" + ` depends on a time.

`

func (p *page) markdown() string {
	var out strings.Builder
	out.WriteString(intro)
	p.place(&out)
	p.targets(&out)
	p.missing(&out)
	for _, r := range p.reports {
		p.section(&out, r)
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// place says where and when it was measured, by the first report. Others tell what differs.
func (p *page) place(out *strings.Builder) {
	first := p.reports[0]
	m := machine(first)
	writeTable(out, [][]string{
		{"measured on", ""},
		{"CPU", fmt.Sprintf("%s, %d cores", m.CPU, m.Cores)},
		{"kernel", m.Kernel},
		{"Go", m.Go + " " + m.System},
		{"date", first.Taken.UTC().Format(time.DateTime + " MST")},
		{"commit", first.Commit},
	}, 1)
}

func machine(r *figures.Report) figures.Machine {
	if r.Machine == nil {
		return figures.Machine{}
	}
	return *r.Machine
}

// targets counts what was aimed at and lists what was not reached.
func (p *page) targets(out *strings.Builder) {
	all := 0
	missed := [][]string{{"table", "row", "figure", "wanted", "came to"}}
	for _, r := range p.reports {
		for _, t := range r.Tables {
			for _, row := range t.Rows {
				for _, target := range row.Targets {
					all++
					if !target.Met {
						missed = append(missed, []string{t.Title, row.Label, target.Of, target.Want, valueOf(t, row, target.Of)})
					}
				}
			}
		}
	}
	if all == 0 {
		return
	}
	fmt.Fprintf(out, "## Targets\n\n%d of %d targets are met. ", all-len(missed)+1, all)
	if len(missed) == 1 {
		out.WriteString("Each stands in the table of its figure.\n\n")
		return
	}
	out.WriteString("Each stands in the table of its figure; these are missed:\n\n")
	writeTable(out, missed, 1)
}

// valueOf is what stands in the row under a head.
func valueOf(t *figures.Table, row *figures.Row, head string) string {
	if i := slices.Index(t.Heads, head); i >= 0 && i < len(row.Cells) {
		return row.Cells[i].String()
	}
	return ""
}

// missing names what is not on the page.
func (p *page) missing(out *strings.Builder) {
	var lines []string
	for _, name := range p.absent {
		lines = append(lines, fmt.Sprintf("%s: the whole benchmark; it did not run to its end", name))
	}
	for _, r := range p.reports {
		for _, what := range r.LeftOut {
			lines = append(lines, r.Name+": left out "+what)
		}
		for _, what := range r.Failed {
			lines = append(lines, r.Name+": failed "+what)
		}
	}
	if len(lines) > 0 {
		out.WriteString("## Missing\n\n")
		writeList(out, lines)
	}
}

// section writes one report.
func (p *page) section(out *strings.Builder, r *figures.Report) {
	fmt.Fprintf(out, "## %s\n\n%s\n\n", r.Title, r.About)
	if r.Commit != p.reports[0].Commit || machine(r) != machine(p.reports[0]) {
		m := machine(r)
		fmt.Fprintf(out, "Measured apart: %s, commit %s, %s, %d cores, %s, %s.\n\n",
			r.Taken.UTC().Format(time.DateTime+" MST"), r.Commit, m.CPU, m.Cores, m.Kernel, m.Go)
	}
	for _, picture := range r.Plots {
		fmt.Fprintf(out, "![%s](%s)\n\n", picture.Title, fileOf(r, picture))
	}
	for _, t := range r.Tables {
		fmt.Fprintf(out, "### %s\n\n", t.Title)
		if caption := strings.TrimLeft(strings.TrimPrefix(t.Caption(), t.Title), ",; "); caption != "" {
			fmt.Fprintf(out, "*%s*\n\n", caption)
		}
		writeTable(out, cells(t), len(t.Heads)+1)
		if t.About != "" {
			fmt.Fprintf(out, "%s\n\n", t.About)
		}
	}
	writeList(out, r.Notes)
}
