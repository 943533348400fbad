package main

import (
	"fmt"
	"slices"
	"time"
)

// race is a comparison of servers; ratios are to the first of them.
type race struct {
	title       string
	servers     []*server
	connections []int
}

// spread is the median, the least and the most of some ratios.
type spread struct {
	Median, Min, Max float64
}

// result is one server in one race.
type result struct {
	Race        string
	Server      string
	Connections int
	Rate        float64 // requests a second, median
	CPU         float64 // microseconds of the server for each request, median
	P50, P99    float64 // microseconds, median

	// Ratios to the first server of the race, taken round by round.
	RateRatio, CPURatio, P99Ratio spread
}

// run holds the race and prints its table.
func (b *bench) run(r race) error {
	fmt.Printf("\n### %s\n\n", r.title)
	fmt.Println("| connections | server | requests/s | ratio (min, max) | CPU µs/request | ratio (min, max) | p50 µs | p99 µs | p99 ratio (min, max) |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, connections := range r.connections {
		rounds, err := b.measure(r, connections)
		if err != nil {
			return err
		}
		for i, s := range r.servers {
			result := summary(rounds, i)
			result.Race, result.Server, result.Connections = r.title, s.name, connections
			b.results = append(b.results, result)
			fmt.Printf("| %d | %s | %.0f | %s | %.2f | %s | %.0f | %.0f | %s |\n", connections, s.name,
				result.Rate, result.RateRatio, result.CPU, result.CPURatio, result.P50, result.P99, result.P99Ratio)
		}
	}
	return nil
}

// measure loads each server once a round, and begins each round with another one.
func (b *bench) measure(r race, connections int) ([][]measure, error) {
	var rounds [][]measure
	for n := range b.rounds + 1 {
		round := make([]measure, len(r.servers))
		for i := range r.servers {
			if b.Err() != nil {
				return nil, b.Err()
			}
			at := (i + n) % len(r.servers)
			m, err := load(r.servers[at], connections, b.span)
			if err != nil {
				return nil, fmt.Errorf("load %s: %w", r.servers[at].name, err)
			}
			round[at] = m
		}
		if n > 0 { // the first one is to warm up
			rounds = append(rounds, round)
		}
	}
	return rounds, nil
}

func summary(rounds [][]measure, server int) result {
	of := func(value func(measure) float64) float64 {
		return spreadOf(rounds, func(round []measure) float64 { return value(round[server]) }).Median
	}
	ratio := func(value func(measure) float64) spread {
		return spreadOf(rounds, func(round []measure) float64 { return value(round[server]) / value(round[0]) })
	}
	rate := func(m measure) float64 { return m.rate }
	cpu := func(m measure) float64 { return micros(m.cpu) }
	p99 := func(m measure) float64 { return micros(m.p99) }
	return result{
		Rate: of(rate), CPU: of(cpu), P99: of(p99), P50: of(func(m measure) float64 { return micros(m.p50) }),
		RateRatio: ratio(rate), CPURatio: ratio(cpu), P99Ratio: ratio(p99),
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func spreadOf(rounds [][]measure, value func([]measure) float64) spread {
	values := make([]float64, 0, len(rounds))
	for _, round := range rounds {
		values = append(values, value(round))
	}
	slices.Sort(values)
	return spread{values[len(values)/2], values[0], values[len(values)-1]}
}

// String is how a table shows it.
func (s spread) String() string { return fmt.Sprintf("%.2f (%.2f, %.2f)", s.Median, s.Min, s.Max) }
