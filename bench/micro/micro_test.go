package main

import (
	"reflect"
	"slices"
	"testing"

	"github.com/remora-agent/remora/bench/figures"
)

const printed = `goos: linux
pkg: github.com/remora-agent/remora/balancer
BenchmarkSelect/p2c/weights=1/backends=10-2         	  943959	        79.04 ns/op	       0 B/op	       0 allocs/op
BenchmarkSelect/p2c/weights=1/backends=10-2         	  943959	        71.5 ns/op	       0 B/op	       0 allocs/op
BenchmarkSelect/p2c/weights=1/backends=1000-2 	--- FAIL: BenchmarkSelect
BenchmarkSelect/p2c/weights=1/backends=1000-2       	 1000000	        1e2 ns/op	       16 B/op	       1 allocs/op	      2661 probes/s
BenchmarkMemory-2
BenchmarkMemory-2                                   	       1	15319974580 ns/op	       210.1 B/backend
PASS
ok  	github.com/remora-agent/remora/balancer	102.810s
`

func TestParse(t *testing.T) {
	found := parse(printed)
	want := []*finding{
		{"Select/p2c/weights=1/backends=10", map[string][]float64{"ns/op": {79.04, 71.5}, "B/op": {0, 0}, "allocs/op": {0, 0}}},
		{"Select/p2c/weights=1/backends=1000", map[string][]float64{"ns/op": {100}, "B/op": {16}, "allocs/op": {1}, "probes/s": {2661}}},
		{"Memory", map[string][]float64{"ns/op": {15319974580}, "B/backend": {210.1}}},
	}
	if !reflect.DeepEqual(found, want) {
		for _, f := range found {
			t.Errorf("found %+v", *f)
		}
	}
}

func TestParameter(t *testing.T) {
	tests := []struct {
		name, key, before string
		value             float64
		ok                bool
	}{
		{"Select/p2c/weights=1/backends=10", "backends", "p2c/weights=1", 10, true},
		{"Select/p2c/weights=1/backends=10", "weights", "p2c", 1, true},
		{"Memory/backends=10", "backends", "", 10, true},
		{"Memory/backends=many", "backends", "", 0, false},
		{"Memory", "backends", "", 0, false},
	}
	for _, test := range tests {
		before, value, ok := (&finding{name: test.name}).parameter(test.key)
		if ok != test.ok || ok && (before != test.before || value != test.value) {
			t.Errorf("%s of %s is %v after %q, %v", test.key, test.name, value, before, ok)
		}
	}
}

func TestReported(t *testing.T) {
	r := figures.New("micro", "", "")
	tabulate(r, suite{
		title: "Selecting", limits: []limit{{"Select", "allocs/op", 0}, {"Memory", "ns/op", 1e9}, {"Memory", "B/lease", 1}},
		units: []string{"ns/op", "allocs/op", "B/backend"},
		plot:  &plot{name: "select", by: "backends", unit: "ns/op"},
	}, parse(printed))
	want := [][]string{
		{"benchmark", "ns/op", "allocs/op", "B/backend", "target"},
		{"Select/p2c/weights=1/backends=10", "75.3 (71.5–79.0)", "0", "", "allocs/op ≤ 0: met"},
		{"Select/p2c/weights=1/backends=1000", "100", "1", "", "allocs/op ≤ 0: MISSED"},
		{"Memory", "15,319,974,580", "", "210", "ns/op ≤ 1,000,000,000: MISSED"},
	}
	if got := r.Tables[0].Grid(); !reflect.DeepEqual(got, want) {
		t.Errorf("the table is %q", got)
	}
	lines := r.Plots[0].Lines
	if len(lines) != 1 || lines[0].Name != "p2c" || len(lines[0].Points) != 2 || lines[0].Points[1].X != 1000 {
		t.Errorf("the plot has %+v", lines)
	}
}

// A suite is asked for by its name, and a limit is on what go test tells.
func TestSuites(t *testing.T) {
	var names []string
	for _, s := range suites {
		if s.title == "" || s.pattern == "" || len(s.units) == 0 || slices.Contains(names, s.name) {
			t.Errorf("suite %+v has no title, pattern or units, or the name of another", s)
		}
		names = append(names, s.name)
	}
}
