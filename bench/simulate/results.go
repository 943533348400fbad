package main

import (
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/remora-agent/remora/balancer"
)

// results are the runs of each scenario, by its name, and strategy: one for each seed.
type results map[string]map[balancer.Strategy][]measures

// simulate runs the scenarios with the seeds, as many at a time as there are processors.
func simulate(scenarios []*scenario, seeds []uint64) (results, error) {
	found := make(results)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, s := range scenarios {
		found[s.name] = make(map[balancer.Strategy][]measures)
		for _, strategy := range s.strategies() {
			runs := make([]measures, len(seeds))
			found[s.name][strategy] = runs
			for i, seed := range seeds {
				group.Go(func() error {
					w, err := newWorld(s, strategy, seed)
					if err != nil {
						return fmt.Errorf("set up %s with %s: %w", s.name, strategy, err)
					}
					runs[i] = w.run()
					return nil
				})
			}
		}
	}
	return found, group.Wait()
}

// stat is what runs with different seeds come to.
type stat struct{ median, low, high float64 }

func statOf(runs []measures, of func(measures) float64) stat {
	values := make([]float64, len(runs))
	for i, m := range runs {
		values[i] = of(m)
	}
	slices.Sort(values)
	n := len(values)
	return stat{median: (values[(n-1)/2] + values[n/2]) / 2, low: values[0], high: values[n-1]}
}

// of returns the medians of a scenario and strategy.
func (r results) of(scenario string, strategy balancer.Strategy) measures {
	runs := r[scenario][strategy]
	var m measures
	for _, c := range columns {
		*c.field(&m) = statOf(runs, c.value).median
	}
	return m
}
