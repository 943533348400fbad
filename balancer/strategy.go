package balancer

import (
	"fmt"
	"strings"
)

// Strategy names a way of choosing among the eligible backends of a group.
type Strategy string

// The strategies.
const (
	RoundRobin       Strategy = "round_robin"
	LeastConnections Strategy = "least_connections"
)

// strategies is every strategy there is: its name and how to build its picker.
var strategies = []struct {
	name  Strategy
	build func(members []member, eligible []uint32) picker
}{
	{RoundRobin, newRoundRobin},
	{LeastConnections, newLoadTree},
}

// picker chooses among the eligible members of one view. It is safe for concurrent use and a pure
// function of its table, of the ticket and, where the strategy is about load, of the counters.
type picker interface {
	// pick returns the place of a member. The ticket grows by one with each selection of the group.
	pick(ticket uint64) uint32

	// score ranks a member where several different ones, or all but some, are wanted: the smallest
	// is best. Members that score the same are equally good.
	score(m *member) float64
}

// drawer is a picker that can also draw a member at random, by weight and in constant time.
type drawer interface {
	draw(random uint64) uint32
}

// Strategies returns the names of all strategies, in the order of the documentation.
func Strategies() []Strategy {
	names := make([]Strategy, len(strategies))
	for i, s := range strategies {
		names[i] = s.name
	}
	return names
}

func (s Strategy) check() error {
	names := make([]string, len(strategies))
	for i, known := range strategies {
		if known.name == s {
			return nil
		}
		names[i] = string(known.name)
	}
	return fmt.Errorf("unknown strategy %q, allowed are %s", string(s), strings.Join(names, ", "))
}

// newPicker builds the picker of a strategy that check accepted; nil when nothing is eligible.
func newPicker(s Strategy, members []member, eligible []uint32) picker {
	if len(eligible) == 0 {
		return nil
	}
	for _, known := range strategies {
		if known.name == s {
			return known.build(members, eligible)
		}
	}
	panic("balancer: unchecked strategy " + string(s))
}
