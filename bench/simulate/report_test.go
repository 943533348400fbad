package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/balancer"
)

func TestMeasures(t *testing.T) {
	tally := tally{requests: 200, failed: 3, local: 50, sent: []int{120, 40, 40}}
	for i := range 100 {
		tally.waits = append(tally.waits, time.Duration(100-i)*time.Millisecond)
	}
	want := measures{p50: 50, p99: 99, errors: 1.5, spread: 1.8, local: 25}
	if got := tally.measures(); got != want {
		t.Errorf("measures are %+v, want %+v", got, want)
	}
}

func TestStat(t *testing.T) {
	tests := []struct {
		values []float64
		want   stat
	}{
		{[]float64{7}, stat{7, 7, 7}},
		{[]float64{3, 1, 2}, stat{2, 1, 3}},
		{[]float64{4, 1, 3, 2}, stat{2.5, 1, 4}},
	}
	for _, test := range tests {
		var runs []measures
		for _, v := range test.values {
			runs = append(runs, measures{p99: v})
		}
		if got := statOf(runs, longWait.value); got != test.want {
			t.Errorf("%v come to %+v, want %+v", test.values, got, test.want)
		}
	}
}

func TestCell(t *testing.T) {
	tests := []struct {
		c    column
		s    stat
		want string
	}{
		{longWait, stat{100.4, 99, 120}, "100 (99–120)"},
		{longWait, stat{100.1, 99.9, 100.2}, "100"},
		{errorRate, stat{1, 0.5, 2}, "1.00 (0.50–2.00)"},
	}
	for _, test := range tests {
		if got := test.c.cell(test.s); got != test.want {
			t.Errorf("%+v shows as %q, want %q", test.s, got, test.want)
		}
	}
}

// made is results without a run: every scenario and strategy has the same.
func made() results {
	found := make(results)
	for _, s := range all {
		found[s.name] = make(map[balancer.Strategy][]measures)
		for _, strategy := range s.strategies() {
			found[s.name][strategy] = []measures{{p50: 12, p99: 130, errors: 2.5, spread: 1.1, local: 80}}
		}
	}
	return found
}

func TestDocsAreWritten(t *testing.T) {
	folder := t.TempDir()
	page := filepath.Join(folder, "simulation.md")
	write(t, page, "before\n"+tablesBegin+"old\n"+tablesEnd+"after\n")
	for range 2 { // the second time over its own
		if err := made().writeDocs(folder, all); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, page)
	table := "### " + all[0].title + "\n\n| strategy | p50 ms | p99 ms | errors % | largest/mean load |\n" +
		"|---|---:|---:|---:|---:|\n| round_robin | 12.0 | 130 | 2.50 | 1.10 |\n"
	if !strings.HasPrefix(got, "before\n"+tablesBegin) || !strings.HasSuffix(got, tablesEnd+"after\n") ||
		strings.Count(got, table) != 1 || strings.Contains(got, "old") {
		t.Errorf("the page is\n%s", got)
	}
	checkChart(t, read(t, filepath.Join(folder, "simulation.svg")))
}

// checkChart wants XML with the title and each row of each scenario.
func checkChart(t *testing.T, chart string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(chart))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the chart is no XML: %v", err)
		}
	}
	rows := 0
	for _, s := range all {
		rows += len(s.strategies())
		if !strings.Contains(chart, ">"+s.title+"<") {
			t.Errorf("the chart has no panel %q", s.title)
		}
	}
	if got := strings.Count(chart, `class="bar"`); got != rows {
		t.Errorf("the chart has %d bars, want %d", got, rows)
	}
}

func TestDocsWithoutMarks(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "simulation.md"), "nothing to fill\n")
	if err := made().writeDocs(folder, all); err == nil || !strings.Contains(err.Error(), "not both there") {
		t.Errorf("writing into a page without marks: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
