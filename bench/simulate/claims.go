package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/remora-agent/remora/balancer"
)

// claim is a sentence of docs/simulation.md and the comparison of medians that it rests on.
type claim struct {
	about []string // the scenarios that it compares
	text  string
	holds func(results) bool
}

// The strategies by what they go by.
var (
	byLoad = []balancer.Strategy{balancer.LeastConnections, balancer.P2C, balancer.PeakEWMA}
	byTurn = []balancer.Strategy{balancer.RoundRobin, balancer.Random}
	byKey  = []balancer.Strategy{balancer.RingHash, balancer.Ketama, balancer.Maglev, balancer.Rendezvous}
)

// writeClaims says of each claim about these results whether it holds, and fails if one does not.
func (r results) writeClaims(out io.Writer) error {
	var faults []error
	for _, c := range claims {
		if !r.cover(c.about) {
			continue
		}
		if c.holds(r) {
			fmt.Fprintln(out, "holds:", c.text)
			continue
		}
		faults = append(faults, fmt.Errorf("the numbers do not say: %s", c.text))
	}
	return errors.Join(faults...)
}

func (r results) cover(scenarios []string) bool {
	return !slices.ContainsFunc(scenarios, func(name string) bool { return r[name] == nil })
}

// every tells whether all groups of strategies, in a scenario, pass.
func (r results) every(scenario string, pass func(measures) bool, groups ...[]balancer.Strategy) bool {
	for _, group := range groups {
		for _, strategy := range group {
			if !pass(r.of(scenario, strategy)) {
				return false
			}
		}
	}
	return true
}
