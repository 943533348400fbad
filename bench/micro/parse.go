package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/remora-agent/remora/bench/figures"
)

// finding is what one benchmark came to, in each of the times that it ran.
type finding struct {
	name   string               // without Benchmark, and without the number of CPUs
	values map[string][]float64 // by unit
}

// spread is that of one unit; without values it has none.
func (f *finding) spread(unit string) figures.Spread { return figures.SpreadOf(f.values[unit]) }

// parse reads the lines of benchmarks from what go test prints, in the format that
// https://go.dev/design/14313-benchmark-format fixes. All other lines are passed over.
func parse(output string) (list []*finding) {
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		if _, err := strconv.Atoi(fields[1]); err != nil {
			continue
		}
		name := nameOf(fields[0])
		i := slices.IndexFunc(list, func(f *finding) bool { return f.name == name })
		if i < 0 {
			i = len(list)
			list = append(list, &finding{name: name, values: make(map[string][]float64)})
		}
		list[i].add(fields[2:])
	}
	return list
}

// add takes values, each before its unit.
func (f *finding) add(fields []string) {
	for pair := range slices.Chunk(fields, 2) {
		value, err := strconv.ParseFloat(pair[0], 64)
		if err != nil {
			continue
		}
		f.values[pair[1]] = append(f.values[pair[1]], value)
	}
}

// nameOf leaves out what all names have, and the number of CPUs that go test puts behind a name when it
// is not 1.
func nameOf(field string) string {
	name := strings.TrimPrefix(field, "Benchmark")
	if at := strings.LastIndexByte(name, '-'); at > 0 {
		if _, err := strconv.Atoi(name[at+1:]); err == nil {
			return name[:at]
		}
	}
	return name
}

// parameter is the value of one of the KEY=VALUE in a name, and what comes before it, without the
// benchmark's own name.
func (f *finding) parameter(key string) (before string, value float64, ok bool) {
	_, rest, _ := strings.Cut(f.name, "/")
	before, text, ok := strings.Cut("/"+rest, "/"+key+"=")
	if !ok {
		return "", 0, false
	}
	text, _, _ = strings.Cut(text, "/")
	value, err := strconv.ParseFloat(text, 64)
	return strings.Trim(before, "/"), value, err == nil
}
