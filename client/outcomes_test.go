package client

import (
	"reflect"
	"testing"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

func TestOutcomesKeepTheirOrder(t *testing.T) {
	var o outcomes
	for _, success := range []bool{true, true, false, true, false, false} {
		o.add(success, 0)
	}
	o.add(true, 100*time.Microsecond)
	o.add(true, 2*time.Millisecond)
	o.add(true, 3*time.Millisecond)
	var got wire.BackendFeedback
	o.put(&got)
	want := wire.BackendFeedback{
		Outcomes:  []int{2, -1, 1, -2, 3},
		LatencyMS: 5.1,
		Latencies: []int{1, 0, 0, 0, 1, 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestOutcomesAreBounded(t *testing.T) {
	var turning, steady outcomes
	for i := range 10 * maxRuns {
		turning.add(i%2 == 0, 0)
	}
	for range 3*maxTotal - 1 {
		steady.add(true, time.Hour)
	}
	for name, o := range map[string]*outcomes{"turning": &turning, "steady": &steady} {
		if len(o.runs) > maxRuns || o.total > maxTotal || o.total == 0 {
			t.Errorf("%s outcomes are kept in %d runs of %d", name, len(o.runs), o.total)
		}
	}
	if last := steady.latencies[len(steady.latencies)-1]; last != steady.total {
		t.Errorf("%d latencies of an hour are kept with %d outcomes", last, steady.total)
	}
}

// TestGatherSplits has more to tell than one request may hold.
func TestGatherSplits(t *testing.T) {
	b := &Balancer{services: []string{"a", "b"}}
	const backends = 5
	for i := range backends {
		one := b.ledger.begin(tallyKey{"a", string(rune('0' + i))})
		for range maxTotal {
			b.ledger.outcome(one, true, 0)
		}
	}
	tell := newTeller(b)
	tell.ledger = &b.ledger
	all := tell.gather()
	if want := 3; len(all) != want {
		t.Fatalf("%d requests, want %d", len(all), want)
	}
	lines, outcomes := 0, 0
	for i, f := range all {
		var told int
		for _, s := range f.Services {
			lines += len(s.Backends)
			for _, line := range s.Backends {
				told += line.Outcomes[0]
			}
		}
		if told > wire.MaxOutcomes {
			t.Errorf("request %d has %d outcomes", i, told)
		}
		outcomes += told
	}
	if lines != backends || outcomes != backends*maxTotal || len(all[0].Services) != 2 {
		t.Errorf("told %d backends and %d outcomes; the first asks for %d services", lines, outcomes, len(all[0].Services))
	}
	if again := tell.gather(); len(again) != 1 || len(again[0].Services[0].Backends) != 0 {
		t.Errorf("what was told is told again: %+v", again)
	}
}
