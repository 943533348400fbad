package main

import "github.com/remora-agent/remora/bench/figures"

// aim is what one server is to come to, from so many connections on.
type aim struct {
	server string
	from   int
	of     string // the column's head
	// met gives what is wanted, in words, and whether it is so.
	met func(l lap, server int) (want string, met bool)
}

// judge writes the aim into the server's row, if it is the one's.
func (a aim) judge(l lap, server int, row *figures.Row) {
	if l.servers[server].name != a.server || l.connections < a.from {
		return
	}
	want, met := a.met(l, server)
	row.Target(a.of, want, met)
}

// cpuAtMost aims at a CPU time of a request in proportion to the first server's.
func cpuAtMost(server string, limit float64) aim {
	return aim{server, manyConnections, cpuRatio, func(l lap, i int) (string, bool) {
		return "≤ " + figures.Format(limit), l.ratio(i, 0, cpu).Median <= limit
	}}
}

// withinControl aims at a throughput and a p99 that the control has in some round too.
func withinControl(server string) []aim {
	return []aim{
		{server, manyConnections, rateRatio, func(l lap, i int) (string, bool) {
			least := l.ratio(l.at(controlName), 0, rate).Min
			return "≥ " + figures.Format(least) + ", the control's least", l.ratio(i, 0, rate).Median >= least
		}},
		{server, manyConnections, p99Ratio, func(l lap, i int) (string, bool) {
			most := l.ratio(l.at(controlName), 0, p99).Max
			return "≤ " + figures.Format(most) + ", the control's most", l.ratio(i, 0, p99).Median <= most
		}},
	}
}

// picksAtLeast aims at so many picks a second.
func picksAtLeast(server string, limit float64) aim {
	return aim{server, manyConnections, picksRate, func(l lap, i int) (string, bool) {
		return "≥ " + figures.Format(limit), float64(l.each)*l.of(i, rate).Median >= limit
	}}
}

// peerAims are about what the agent comes to in proportion to its peers.
var peerAims = []aim{
	{nginxName, manyConnections, "requests/s", func(l lap, i int) (string, bool) {
		least := min(1, l.ratio(l.at(controlName), 0, rate).Min)
		return "≥ " + figures.Format(least) + ", 1 less the control's spread", l.ratio(l.at(agentName), i, rate).Median >= least
	}},
	{consulName, 1, "requests/s", func(l lap, i int) (string, bool) {
		return "≥ 15", l.ratio(l.at(agentName), i, rate).Median >= 15
	}},
}
