package main

import (
	"testing"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

// rounds makes writes that are acknowledged after 2 ms. The bare client and its control see all of them
// after 4 ms; the agent's select shows the n-th of a round that many milliseconds after it was acknowledged.
func rounds(agent ...[]int) (all [][]write) {
	sent := time.Unix(1_000_000, 0)
	after := func(ms int) time.Time { return sent.Add(time.Duration(ms) * time.Millisecond) }
	for _, times := range agent {
		var round []write
		for _, ms := range times {
			round = append(round, write{sent, after(2), []time.Time{after(4), after(4), after(2 + ms)}})
		}
		all = append(all, round)
	}
	return all
}

func TestReport(t *testing.T) {
	for _, test := range []struct {
		name                   string
		rounds                 [][]write
		ackRatio, sentRatio    figures.Spread
		later                  figures.Cell
		metAck, metSent, metIn bool
	}{
		{
			"at once", rounds([]int{2, 2, 2}, []int{2, 2, 2}),
			figures.Spread{Min: 1, Median: 1, Max: 1, N: 2},
			figures.Spread{Min: 1, Median: 1, Max: 1, N: 2},
			figures.Number(0), true, true, true,
		},
		{
			"a millisecond later", rounds([]int{3, 3, 3}),
			figures.Spread{Min: 1.5, Median: 1.5, Max: 1.5, N: 1},
			figures.Spread{Min: 1.25, Median: 1.25, Max: 1.25, N: 1},
			figures.Number(1), false, true, true,
		},
		{
			"one of them far too late", rounds([]int{2, 2, 23}),
			figures.Spread{Min: 1, Median: 1, Max: 1, N: 1},
			figures.Spread{Min: 1, Median: 1, Max: 1, N: 1},
			figures.Number(21), true, true, false,
		},
	} {
		r := newReport(settings{})
		part{title: "x"}.tell(r, test.rounds)
		row := r.Tables[0].Rows[agentRow]
		if row.Cells[1] != test.ackRatio || row.Cells[5] != test.sentRatio || row.Cells[3] != test.later {
			t.Errorf("%s: the cells are %v, want the ratios %v and %v, and %v", test.name, row.Cells, test.ackRatio, test.sentRatio, test.later)
		}
		for i, want := range []bool{test.metAck, test.metSent, test.metIn} {
			if row.Targets[i].Met != want {
				t.Errorf("%s: target %+v, want it met: %v", test.name, row.Targets[i], want)
			}
		}
	}
}

// A bare client that hears of writes before the writer does leaves nothing to compare with, not even the
// rounds in which it does not.
func TestNoRatioToNothing(t *testing.T) {
	writes := rounds([]int{1}, []int{1})
	writes[0][0].seen[0] = writes[0][0].acked.Add(-time.Microsecond)
	r := newReport(settings{})
	part{title: "x"}.tell(r, writes)
	row := r.Tables[0].Rows[agentRow]
	if got := row.Cells[1].String(); got != "–" {
		t.Errorf("the ratio is %s, want none", got)
	}
	if len(row.Targets) != 2 || row.Targets[0].Of != sentRatio {
		t.Errorf("the targets are %+v, want the two that can be judged", row.Targets)
	}
}
