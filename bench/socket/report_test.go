package main

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/remora-agent/remora/bench/figures"
)

// raced is a race of 16 connections that has been measured: three rounds in which the agent answers 80,
// 90 and 70 requests while the echo server answers 100, and the control 90, 100 and 110.
func raced(aims ...aim) (race, []lap) {
	r := race{title: "race", servers: []*server{{name: echoName}, {name: controlName}, {name: agentName}}, aims: aims}
	var rounds [][]measure
	for _, rates := range [][]float64{{100, 90, 80}, {100, 100, 90}, {100, 110, 70}} {
		round := make([]measure, len(rates))
		for i, rate := range rates {
			round[i] = measure{rate: rate, cpu: time.Duration(1e6 / rate), p99: time.Duration(1e5 / rate)}
		}
		rounds = append(rounds, round)
	}
	return r, []lap{{r, manyConnections, rounds}}
}

func TestAims(t *testing.T) {
	tests := []struct {
		aim  aim
		want figures.Target
	}{
		{withinControl(agentName)[0], figures.Target{Of: rateRatio, Want: "≥ 0.90, the control's least", Met: false}},
		{withinControl(agentName)[1], figures.Target{Of: p99Ratio, Want: "≤ 1.11, the control's most", Met: false}},
		{cpuAtMost(agentName, 1.25), figures.Target{Of: cpuRatio, Want: "≤ 1.25", Met: true}},
		{cpuAtMost(agentName, 1.2), figures.Target{Of: cpuRatio, Want: "≤ 1.20", Met: false}},
	}
	for _, test := range tests {
		r, laps := raced(test.aim)
		b := &bench{Context: context.Background(), report: figures.New("socket", "", "")}
		b.tabulate(r, laps)
		rows := b.report.Tables[0].Rows
		if got := rows[2].Targets; !reflect.DeepEqual(got, []figures.Target{test.want}) {
			t.Errorf("the agent's target is %+v, want %+v", got, test.want)
		}
		if len(rows[0].Targets)+len(rows[1].Targets) > 0 || !rows[1].Control || rows[2].Control {
			t.Errorf("the rows of others are %+v and %+v", rows[0], rows[1])
		}
	}
}

func TestThroughputIsDrawnWithTheAgentFirst(t *testing.T) {
	_, laps := raced()
	b := &bench{Context: context.Background(), report: figures.New("socket", "", "")}
	b.draw(laps, agentName)
	lines := b.report.Plots[0].Lines
	want := &figures.Line{Name: agentName, Points: []figures.Point{{X: 16, Y: figures.Spread{Min: 70, Median: 80, Max: 90, N: 3}}}}
	if len(lines) != 3 || !reflect.DeepEqual(lines[0], want) || !lines[2].Control {
		t.Errorf("the lines are %+v, the first %+v", lines, lines[0])
	}
}
