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
	Random           Strategy = "random"
	P2C              Strategy = "p2c"
	PeakEWMA         Strategy = "peak_ewma"
	RingHash         Strategy = "ring_hash"
	Ketama           Strategy = "ketama"
	Maglev           Strategy = "maglev"
	Rendezvous       Strategy = "rendezvous"
)

// strategy is one row of the table of strategies.
type strategy struct {
	name        Strategy
	input       input
	followsLoad bool   // its picker is a load tree
	cost        string // of a pick, n being the group
	source      string // whose behaviour it matches
	build       func(*group, *view, *pool) picker
}

// input is the word that a picker makes its pick of.
type input uint8

const (
	byTicket input = iota // a number that grows by one with each pick of the pool
	byRandom              // 64 random bits
	byKey                 // the hash of the request's key
)

// strategies is every strategy there is.
var strategies = []strategy{
	{
		RoundRobin, byTicket, false, "O(1)", "nginx, smooth weighted round robin",
		func(_ *group, v *view, p *pool) picker { return newRoundRobin(v.members, p.at) },
	},
	{
		LeastConnections, byTicket, true, "O(log n)", "nginx, least_conn, made exact",
		func(_ *group, v *view, p *pool) picker { return newLoadTree(v.members, p.at) },
	},
	{
		Random, byRandom, false, "O(1)", "Walker and Vose, alias method",
		func(_ *group, v *view, p *pool) picker { return newRandom(v.members, p.at) },
	},
	{
		P2C, byRandom, false, "O(1)", "Mitzenmacher, power of two choices",
		func(_ *group, v *view, p *pool) picker { return newP2C(v.members, p.at) },
	},
	{
		PeakEWMA, byRandom, false, "O(1)", "Finagle and linkerd, peak EWMA",
		func(g *group, v *view, p *pool) picker {
			return newPeakEWMA(v.members, p.at, g.clock, v.settings.EWMA)
		},
	},
	{RingHash, byKey, false, "O(log points)", "Envoy and gRPC, ring hash", newHashed},
	{Ketama, byKey, false, "O(log points)", "nginx, hash … consistent", newHashed},
	{Maglev, byKey, false, "O(1)", "Envoy, Maglev", newHashed},
	{Rendezvous, byKey, false, "O(n)", "Thaler and Ravishankar, highest random weight", newHashed},
}

// picker chooses among the members of a pool. It is safe for concurrent use and a pure function of its
// table, of the word and, where the strategy is about load, of the counters.
type picker interface {
	// pick returns the place of a member for a word of the strategy's input.
	pick(word uint64) uint32

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

// Hashes says whether the strategy sends the same key to the same backend, and so needs keys.
func (s Strategy) Hashes() bool {
	for i := range strategies {
		if strategies[i].name == s {
			return strategies[i].input == byKey
		}
	}
	return false
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

// find returns the row of a strategy that check accepted.
func (s Strategy) find() *strategy {
	for i := range strategies {
		if strategies[i].name == s {
			return &strategies[i]
		}
	}
	panic("balancer: unchecked strategy " + string(s))
}
