package main

import (
	"slices"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

// lap is a race with one number of connections.
type lap struct {
	race
	connections int
	rounds      [][]measure // of each round, of each server
}

// value is one of the figures of a measure.
type value func(measure) float64

func rate(m measure) float64 { return m.rate }
func cpu(m measure) float64  { return micros(m.cpu) }
func p50(m measure) float64  { return micros(m.p50) }
func p99(m measure) float64  { return micros(m.p99) }

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// at is the index of a server, and -1 if it does not take part.
func (l lap) at(name string) int {
	return slices.IndexFunc(l.servers, func(s *server) bool { return s.name == name })
}

// of is what a server came to.
func (l lap) of(server int, v value) figures.Spread {
	values := make([]float64, len(l.rounds))
	for i, round := range l.rounds {
		values[i] = v(round[server])
	}
	return figures.SpreadOf(values)
}

// ratio is what a server came to in proportion to another one, round by round.
func (l lap) ratio(server, to int, v value) figures.Spread {
	values := make([]float64, len(l.rounds))
	for i, round := range l.rounds {
		values[i] = v(round[server]) / v(round[to])
	}
	return figures.SpreadOf(values)
}
