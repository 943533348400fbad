package main

import "fmt"

// race is a comparison of servers; ratios are to the first of them.
type race struct {
	title       string
	servers     []*server
	connections []int
	each        int // picks in a request, where it is a batch
	aims        []aim
}

// run holds the race and reports it.
func (b *bench) run(r race) ([]lap, error) {
	var laps []lap
	for _, connections := range r.connections {
		rounds, err := b.measure(r, connections)
		if err != nil {
			return nil, err
		}
		laps = append(laps, lap{r, connections, rounds})
	}
	b.tabulate(r, laps)
	return laps, nil
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
