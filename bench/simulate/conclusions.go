package main

import (
	"slices"

	"github.com/remora-agent/remora/balancer"
)

// claims are the conclusions, in the order of the documentation. A sentence that names a number leaves
// room between it and the medians, so that it does not hang on the draws of a run.
var claims = []claim{
	{
		[]string{"equal"},
		"With equal servers, least_connections has the shortest p50, p2c is within a tenth of it, and random has the longest without keys.",
		func(r results) bool {
			least, longest := r.of("equal", balancer.LeastConnections).p50, r.of("equal", balancer.Random).p50
			return r.of("equal", balancer.P2C).p50 < 1.1*least &&
				r.every("equal", func(m measures) bool { return m.p50 >= least }, byLoad, byTurn, byKey) &&
				r.every("equal", func(m measures) bool { return m.p50 <= longest }, byLoad, byTurn)
		},
	},
	{
		names(),
		"In every scenario the p50 of round_robin is shorter than that of random.",
		func(r results) bool {
			return !slices.ContainsFunc(all, func(s *scenario) bool {
				return s.only == nil && r.of(s.name, balancer.RoundRobin).p50 >= r.of(s.name, balancer.Random).p50
			})
		},
	},
	{
		[]string{"equal"},
		"peak_ewma pays for its caution with a p50 up to a quarter longer than p2c's.",
		func(r results) bool {
			p2c, ewma := r.of("equal", balancer.P2C).p50, r.of("equal", balancer.PeakEWMA).p50
			return p2c < ewma && ewma < 1.25*p2c
		},
	},
	{
		[]string{"equal"},
		"Of the hashing strategies, maglev and rendezvous spread random keys to within 6%; with ring_hash and ketama one server has over 8% more than its share.",
		func(r results) bool {
			even := func(m measures) bool { return m.spread < 1.06 }
			uneven := func(m measures) bool { return m.spread > 1.08 }
			return r.every("equal", even, byKey[2:]) && r.every("equal", uneven, byKey[:2])
		},
	},
	{
		[]string{"equal", "equal-apart"},
		"With equal servers, sharing an agent shortens the p50 of least_connections and p2c and leaves that of the hashing strategies as it is.",
		func(r results) bool {
			for _, strategy := range byKey {
				if r.of("equal", strategy) != r.of("equal-apart", strategy) {
					return false
				}
			}
			return r.of("equal", balancer.LeastConnections).p50 < r.of("equal-apart", balancer.LeastConnections).p50 &&
				r.of("equal", balancer.P2C).p50 < r.of("equal-apart", balancer.P2C).p50
		},
	},
	{
		[]string{"popular"},
		"When few keys make most of the traffic, every hashing strategy overloads a server: more than 5% of the requests fail.",
		func(r results) bool {
			return r.every("popular", func(m measures) bool { return m.errors > 5 }, byKey)
		},
	},
	{
		[]string{"slow"},
		"With one slow server, strategies that do not look at load lose 8% of the requests or more; least_connections, p2c and peak_ewma lose less than 0.2%, with a p99 below a third of round_robin's.",
		func(r results) bool {
			limit := r.of("slow", balancer.RoundRobin).p99 / 3
			return r.every("slow", func(m measures) bool { return m.errors >= 8 }, byTurn, byKey) &&
				r.every("slow", func(m measures) bool { return m.errors < 0.2 && m.p99 < limit }, byLoad)
		},
	},
	{
		[]string{"slow", "slow-apart"},
		"Without sharing, the p99 of p2c with one slow server is more than half as long again; that of peak_ewma hardly changes and is then the shortest.",
		func(r results) bool {
			ewma := r.of("slow-apart", balancer.PeakEWMA).p99
			return r.of("slow-apart", balancer.P2C).p99 > 1.5*r.of("slow", balancer.P2C).p99 &&
				ewma < 1.25*r.of("slow", balancer.PeakEWMA).p99 &&
				r.every("slow-apart", func(m measures) bool { return m.p99 >= ewma }, byLoad, byTurn, byKey)
		},
	},
	{
		[]string{"half"},
		"With a quarter at half speed, least_connections, p2c and peak_ewma have less than two thirds of round_robin's p99.",
		func(r results) bool {
			limit := r.of("half", balancer.RoundRobin).p99 * 2 / 3
			return r.every("half", func(m measures) bool { return m.p99 < limit }, byLoad)
		},
	},
	{
		[]string{"failing"},
		"A server that fails fast attracts least_connections, which loses over three times the requests of round_robin, and p2c, which loses more than half as many again.",
		func(r results) bool {
			turn := r.of("failing", balancer.RoundRobin).errors
			return r.of("failing", balancer.LeastConnections).errors > 3*turn && r.of("failing", balancer.P2C).errors > 1.5*turn
		},
	},
	{
		[]string{"failing"},
		"It does not attract peak_ewma, which loses less than a tenth of round_robin's.",
		func(r results) bool {
			return r.of("failing", balancer.PeakEWMA).errors < r.of("failing", balancer.RoundRobin).errors/10
		},
	},
	{
		[]string{"failing-outlier", "failing-apart"},
		"With outlier detection the median loss is below 0.2% for every strategy, whether clients share or not.",
		func(r results) bool {
			pass := func(m measures) bool { return m.errors < 0.2 }
			return r.every("failing-outlier", pass, byLoad, byTurn, byKey) && r.every("failing-apart", pass, byLoad, byTurn, byKey)
		},
	},
	{
		[]string{"failing-outlier"},
		"least_connections then has the shortest p50 again.",
		func(r results) bool {
			least := r.of("failing-outlier", balancer.LeastConnections).p50
			return r.every("failing-outlier", func(m measures) bool { return m.p50 >= least }, byLoad, byTurn, byKey)
		},
	},
	{
		[]string{"failing-apart"},
		"Where each agent sees little traffic, there are seeds in which round_robin loses over 1% for all that.",
		func(r results) bool {
			return statOf(r["failing-apart"][balancer.RoundRobin], errorRate.value).high > 1
		},
	},
	{
		[]string{"restart"},
		"An unannounced rolling restart costs least_connections over three times the errors of round_robin, and costs peak_ewma fewest.",
		func(r results) bool {
			ewma := r.of("restart", balancer.PeakEWMA).errors
			return r.of("restart", balancer.LeastConnections).errors > 3*r.of("restart", balancer.RoundRobin).errors &&
				r.every("restart", func(m measures) bool { return m.errors >= ewma }, byLoad, byTurn, byKey)
		},
	},
	{
		[]string{"restart", "restart-drained"},
		"Draining and slow start together leave no errors and less than a third of round_robin's p99; hashing strategies, which have no slow start, keep a p99 of over three times round_robin's.",
		func(r results) bool {
			turn := r.of("restart-drained", balancer.RoundRobin).p99
			return r.every("restart-drained", func(m measures) bool { return m.errors < 0.01 }, byLoad, byTurn) &&
				turn < r.of("restart", balancer.RoundRobin).p99/3 &&
				r.every("restart-drained", func(m measures) bool { return m.p99 > 3*turn }, byKey)
		},
	},
	{
		[]string{"zone"},
		"When a zone goes silent, strategies that look at load notice before the probes do and lose less than a third of what round_robin does.",
		func(r results) bool {
			limit := r.of("zone", balancer.RoundRobin).errors / 3
			return r.every("zone", func(m measures) bool { return m.errors < limit }, byLoad)
		},
	},
	{
		[]string{"zone-local", "zone-tiers"},
		"prefer_local and priority keep over 80% of the traffic in its zone, and in return looking at load does not help: no strategy loses a fifth less than round_robin, since the zone is chosen before the server.",
		func(r results) bool {
			holds := true
			for _, name := range []string{"zone-local", "zone-tiers"} {
				limit := r.of(name, balancer.RoundRobin).errors * 0.8
				holds = holds && r.every(name, func(m measures) bool { return m.errors > limit && m.local > 80 }, byLoad, byTurn)
			}
			return holds
		},
	},
}
