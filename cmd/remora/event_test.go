package main

import (
	"slices"
	"testing"

	"github.com/remora-agent/remora/client/wire"
)

func TestEvents(t *testing.T) {
	yes, no := true, false
	up := func(address string) wire.Backend { return wire.Backend{Address: address, Healthy: true, Weight: 1} }
	down := func(address string) wire.Backend {
		return wire.Backend{Address: address, Verdicts: wire.Verdicts{Active: "failed"}}
	}
	held := func(address string) wire.Backend {
		b := up(address)
		b.Held = true
		return b
	}
	weighty := up("b:1")
	weighty.Weight, weighty.Zone, weighty.Tags = 5, "z", []string{"v2", "x"}
	// The steps follow each other, as the healthy addresses do.
	steps := []struct {
		name  string
		event wire.Event
		lines []string // for a person
		text  []string // for a shell
	}{
		{
			"a change before the first snapshot is not known to be whole",
			wire.Event{Type: wire.EventHealth, Service: "web", Changed: []wire.Backend{up("z:1")}},
			[]string{"web: ~ z:1 healthy"},
			nil,
		}, {
			"snapshot",
			wire.Event{Type: wire.EventSnapshot, Service: "web", Index: 3, Group: &wire.Group{
				Service: "web", Strategy: "round_robin", Sources: []string{"main"}, Index: 3,
				BackendCount: 2, HealthyCount: 1, Backends: []wire.Backend{up("b:1"), down("a:1")},
			}},
			[]string{"web: round_robin, 1 of 2 healthy, from main, index 3"},
			[]string{"web b:1"},
		}, {
			"attributes",
			wire.Event{Type: wire.EventDiff, Service: "web", Stale: &no, Changed: []wire.Backend{weighty}},
			[]string{"web: ~ b:1 healthy, weight 5, zone z, tags v2,x"},
			nil,
		}, {
			"members",
			wire.Event{
				Type: wire.EventDiff, Service: "web", Stale: &no,
				Added: []wire.Backend{up("c:1"), down("d:1")}, Removed: []wire.Backend{up("b:1")},
			},
			[]string{"web: + c:1 healthy", "web: + d:1 unhealthy: check failed", "web: - b:1"},
			[]string{"web c:1"},
		}, {
			"health",
			wire.Event{Type: wire.EventHealth, Service: "web", Stale: &no, Changed: []wire.Backend{up("a:1"), up("d:1"), down("c:1")}},
			[]string{"web: ~ a:1 healthy", "web: ~ d:1 healthy", "web: ~ c:1 unhealthy: check failed"},
			[]string{"web a:1 d:1"},
		}, {
			"stale",
			wire.Event{Type: wire.EventHealth, Service: "web", Stale: &yes},
			[]string{"web: stale: its source does not answer"},
			nil,
		}, {
			"fresh",
			wire.Event{Type: wire.EventHealth, Service: "web", Stale: &no},
			[]string{"web: fresh"},
			nil,
		}, {
			"one is withdrawn",
			wire.Event{Type: wire.EventDiff, Service: "web", Stale: &no, Changed: []wire.Backend{held("a:1")}},
			[]string{"web: ~ a:1 held, weight 1"},
			[]string{"web d:1"},
		}, {
			"the last one, too",
			wire.Event{Type: wire.EventDiff, Service: "web", Stale: &no, Changed: []wire.Backend{held("d:1")}},
			[]string{"web: ~ d:1 held, weight 1"},
			[]string{"web a:1 d:1"},
		}, {
			"heartbeat", wire.Event{Type: wire.EventHeartbeat}, nil, nil,
		}, {
			"an event of a newer agent", wire.Event{Type: "eclipse", Service: "web"}, nil, nil,
		}, {
			"removed",
			wire.Event{Type: wire.EventRemoved, Service: "web"},
			[]string{"web: removed"},
			[]string{"web"},
		}, {
			"back and empty",
			wire.Event{Type: wire.EventSnapshot, Service: "web", Group: &wire.Group{Service: "web", Strategy: "s", Sources: []string{"api"}}},
			[]string{"web: s, 0 of 0 healthy, from api, index 0"},
			[]string{"web"},
		},
	}
	usable := usableLists{}
	for _, step := range steps {
		if got := eventLines(step.event); !slices.Equal(got, step.lines) {
			t.Errorf("%s: got lines %q, want %q", step.name, got, step.lines)
		}
		if got := usable.apply(step.event); !slices.Equal(got, step.text) {
			t.Errorf("%s: got text %q, want %q", step.name, got, step.text)
		}
	}
}
