package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

const about = `In a real catalog a backend moves between two addresses again and again, and everybody waits for the same
writes: a bare client, which watches with the same library and does nothing else, a second one as the control,
and an application that selects over the agent's socket, every 50 µs from the moment that the write is sent,
until it gets the new address. Each is a process of its own.

The clock starts when the catalog acknowledges the write, and once more when the write is sent: a watcher may hear
of a write before the writer does, and where a bare client needed no time at all in the median of a round, a dash
stands for the ratio to nothing.`

func newReport(s settings) *figures.Report {
	r := figures.New("propagation", "From a write to the catalog to the first select that shows it", about)
	r.Notes = append(r.Notes, fmt.Sprintf("%d rounds of %d writes each; 20 services are written to in turn.", s.rounds, s.writes))
	return r
}

// The columns.
const (
	sinceAck      = "p50 since acknowledged, ms"
	sinceAckRatio = "ratio since acknowledged"
	sinceAckLast  = "p99 since acknowledged, ms"
	later         = "p99 later than the bare client, ms"
	sinceSent     = "p50 since sent, ms"
	sentRatio     = "ratio since sent"
)

// watcherNames are in the order in which a part adds them.
var watcherNames = []string{"bare client", "bare client, control", "agent, first select", "consul-template, its file"}

const agentRow = 2

// tell adds a table with what the writes came to. Ratios are to the bare client, round by round.
func (p part) tell(r *figures.Report, rounds [][]write) {
	table := r.Table(p.title, "who sees it", sinceAck, sinceAckRatio, sinceAckLast, later, sinceSent, sentRatio)
	if p.template {
		table.About = "consul-template runs with its defaults; its file is looked at every millisecond. A round has a fifth of the writes."
	}
	all := slices.Concat(rounds...)
	for i := range all[0].seen {
		ack, sent := spreads(rounds, i, sinceAcked), spreads(rounds, i, sinceSending)
		last := quantile(all, i, 99, sinceAcked)
		more := last - quantile(all, 0, 99, sinceAcked)
		row := table.Row(watcherNames[i], ack.value, ack.ratio, figures.Number(last), figures.Number(more), sent.value, sent.ratio)
		switch i {
		case 1:
			row.AsControl()
		case agentRow:
			if ack.ratio.N > 0 {
				row.Target(sinceAckRatio, "≤ 1.25", ack.ratio.Median <= 1.25)
			}
			row.Target(sentRatio, "≤ 1.25", sent.ratio.Median <= 1.25).Target(later, "≤ 20", more <= 20)
		}
	}
}

func sinceAcked(w write, watcher int) time.Duration   { return w.seen[watcher].Sub(w.acked) }
func sinceSending(w write, watcher int) time.Duration { return w.seen[watcher].Sub(w.sent) }

// medians is what one watcher's medians came to over the rounds.
type medians struct{ value, ratio figures.Spread }

func spreads(rounds [][]write, watcher int, of func(write, int) time.Duration) medians {
	var values, ratios []float64
	defined := true
	for _, round := range rounds {
		value, bare := quantile(round, watcher, 50, of), quantile(round, 0, 50, of)
		values, ratios = append(values, value), append(ratios, value/bare)
		defined = defined && bare > 0
	}
	if !defined {
		ratios = nil // those of some rounds would be those in which the bare client was slow
	}
	return medians{figures.SpreadOf(values), figures.SpreadOf(ratios)}
}

// quantile is below which so many in a hundred of the writes are, in milliseconds.
func quantile(writes []write, watcher, percent int, of func(write, int) time.Duration) float64 {
	took := make([]time.Duration, len(writes))
	for i, w := range writes {
		took[i] = of(w, watcher)
	}
	slices.Sort(took)
	return float64(took[len(took)*percent/100]) / float64(time.Millisecond)
}
