package client

import (
	"slices"
	"testing"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

func TestChangedBy(t *testing.T) {
	list := func(addresses ...string) (backends []wire.Backend) {
		for _, address := range addresses {
			backends = append(backends, wire.Backend{Address: address})
		}
		return backends
	}
	changed := wire.Backend{Address: "b", Weight: 7}
	for name, test := range map[string]struct {
		event wire.Event
		want  []wire.Backend
	}{
		"nothing": {wire.Event{}, list("a", "b", "c")},
		"added":   {wire.Event{Added: list("d", "e")}, list("a", "b", "c", "d", "e")},
		"removed": {wire.Event{Removed: list("a", "c")}, list("b")},
		"changed": {wire.Event{Changed: []wire.Backend{changed}}, []wire.Backend{{Address: "a"}, changed, {Address: "c"}}},
		"all of it": {
			wire.Event{Added: list("d"), Removed: list("a"), Changed: []wire.Backend{changed}},
			[]wire.Backend{changed, {Address: "c"}, {Address: "d"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := changedBy(list("a", "b", "c"), test.event)
			same := func(x, y wire.Backend) bool { return x.Address == y.Address && x.Weight == y.Weight }
			if !slices.EqualFunc(got, test.want, same) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// TestReplicaOfEverything translates a group in which nothing is as it would be by default.
func TestReplicaOfEverything(t *testing.T) {
	got := replicaOf(&wire.Group{
		Strategy: "peak_ewma", Stale: true,
		Settings: wire.Settings{
			PanicThreshold: 50,
			Locality:       wire.Locality{Prefer: true, Zone: "a", Bias: 2},
			SlowStart:      wire.SlowStart{WindowMS: 30_000, Aggression: 2, MinPercent: 5},
			Subset:         wire.Subset{Size: 20, Seed: "host"},
			Hash:           wire.Hash{MinRing: 1, MaxRing: 2, RandomFallback: true},
			PeakEWMA:       wire.PeakEWMA{DecayMS: 1.5, FailurePenaltyMS: 250},
		},
		Backends: []wire.Backend{
			{
				Address: "h:1", ID: "one", Weight: 0, Zone: "a", Priority: 3,
				Verdicts: wire.Verdicts{Registry: "maintenance", Active: "failed", Passive: "ok", Admin: "drain"},
			},
			{Address: "h:2", Weight: 9, Verdicts: wire.Verdicts{Registry: "of a later version", Active: "unknown"}},
		},
	})
	settings := balancer.Settings{
		Strategy: balancer.PeakEWMA, PanicThreshold: 50,
		Locality:  balancer.Locality{Prefer: true, Zone: "a", Bias: 2},
		SlowStart: balancer.SlowStart{Window: 30_000_000_000, Aggression: 2, MinPercent: 5},
		Subset:    balancer.Subset{Size: 20, Seed: "host"},
		Hash:      balancer.Hash{MinRing: 1, MaxRing: 2, RandomFallback: true},
		EWMA:      balancer.EWMA{Decay: 1_500_000, FailurePenalty: 250_000_000},
	}
	if got.Settings != settings || !got.Stale {
		t.Errorf("got  %+v\nwant %+v", got.Settings, settings)
	}
	first, second := got.Backends[0], got.Backends[1]
	verdicts := balancer.Verdicts{
		Registry: balancer.RegistryMaintenance, Active: balancer.CheckFailed,
		Passive: balancer.CheckOK, Admin: balancer.AdminDrain,
	}
	if first.Verdicts != verdicts || first.ID != "one" || first.Zone != "a" || first.Priority != 3 || first.Weight != balancer.Weightless {
		t.Errorf("the first is %+v", first)
	}
	if second.Verdicts != (balancer.Verdicts{}) || second.Weight != 9 {
		t.Errorf("the second is %+v", second)
	}
}

// TestADiffOutOfTheBlueEndsTheWatch is about an agent that does not keep to the protocol.
func TestADiffOutOfTheBlueEndsTheWatch(t *testing.T) {
	b := &Balancer{lb: balancer.New(), groups: make(map[string]*wire.Group)}
	if err := b.take(wire.Event{Type: wire.EventDiff, Service: "web"}); err == nil {
		t.Error("a diff without a snapshot was taken")
	}
	if err := b.take(wire.Event{Type: wire.EventSnapshot, Service: "web"}); err == nil {
		t.Error("a snapshot of nothing was taken")
	}
	unknown := &wire.Group{Service: "web", Strategy: "of a later version"}
	if err := b.take(wire.Event{Type: wire.EventSnapshot, Service: "web", Group: unknown}); err == nil {
		t.Error("a strategy that is not known was taken")
	}
}
