package balancer

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// replicaOf is what another balancer is told of a group: what a snapshot shows.
func replicaOf(t *rapid.T, lb *LoadBalancer, service string) Replica {
	s, err := lb.GroupSnapshot(service)
	if err != nil {
		t.Fatal(err)
	}
	r := Replica{Settings: *lb.groups.get(service).view.Load().settings, Stale: s.Stale}
	for _, b := range s.Backends {
		weight := b.Weight
		if weight == 0 {
			weight = Weightless
		}
		r.Backends = append(r.Backends, ReplicaBackend{
			Endpoint: Endpoint{
				Address: b.Address, ID: b.ID, Weight: weight, Zone: b.Zone,
				Tags: b.Tags, Meta: b.Meta, Priority: b.Priority, Held: b.Held,
			},
			Verdicts: b.Verdicts,
		})
	}
	return r
}

// noError is must for tests of properties.
func noError(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestReplicaIsWhatItReplicates changes a group at random and replicates it after every change.
func TestReplicaIsWhatItReplicates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin, copied := New(), New()
		noError(t, origin.Register("s", nil, RoundRobin))
		known := make(map[string]*Backend)
		for range rapid.IntRange(1, 15).Draw(t, "changes") {
			changeAtRandom(t, origin)
			diff, err := copied.Replicate("s", replicaOf(t, origin, "s"))
			noError(t, err)
			for _, address := range diff.Removed {
				delete(known, address)
			}
			compareReplica(t, origin, copied)
			for _, address := range copied.Addresses("s") {
				b, err := copied.Backend("s", address)
				noError(t, err)
				if was := known[address]; was != nil && was != b {
					t.Fatalf("the backend at %s lost its identity", address)
				}
				known[address] = b
			}
		}
	})
}

func changeAtRandom(t *rapid.T, lb *LoadBalancer) {
	addresses := []string{"a:1", "b:1", "c:1", "d:1"}
	at := rapid.SampledFrom(addresses).Draw(t, "address")
	verdict := rapid.SampledFrom([]CheckVerdict{CheckUnknown, CheckOK, CheckFailed}).Draw(t, "verdict")
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		var endpoints []Endpoint
		for _, address := range addresses {
			if rapid.Bool().Draw(t, "listed") {
				endpoints = append(endpoints, Endpoint{
					Address: address, Weight: rapid.IntRange(-1, 3).Draw(t, "weight"),
					Priority: rapid.IntRange(0, 1).Draw(t, "priority"), Registry: RegistryVerdict(rapid.IntRange(0, 4).Draw(t, "registry")),
					Held: rapid.Bool().Draw(t, "held"),
				})
			}
		}
		_, err := lb.UpdateBackends("s", endpoints)
		noError(t, err)
	case 1:
		_, _ = lb.SetPassive("s", at, verdict) // of one that may not be there, here and below
	case 2:
		_ = lb.RecordCheck("s", at, verdict != CheckFailed, verdict)
	case 3:
		_ = lb.SetAdmin("s", at, AdminDrain)
	case 4:
		_ = lb.SetAdmin("s", at, AdminReady)
	case 5:
		noError(t, lb.SetStale("s", rapid.Bool().Draw(t, "stale")))
	default:
		noError(t, lb.Configure("s", Settings{
			Strategy:       rapid.SampledFrom(Strategies()).Draw(t, "strategy"),
			PanicThreshold: rapid.IntRange(0, 100).Draw(t, "panic"),
		}))
	}
}

// compareReplica compares all that does not count.
func compareReplica(t *rapid.T, origin, copied *LoadBalancer) {
	want, err := origin.GroupSnapshot("s")
	noError(t, err)
	got, err := copied.GroupSnapshot("s")
	noError(t, err)
	same := func(a, b BackendSnapshot) bool {
		return a.Address == b.Address && a.Verdicts == b.Verdicts && a.Healthy == b.Healthy &&
			a.Weight == b.Weight && a.EffectiveWeight == b.EffectiveWeight && a.Priority == b.Priority && a.Held == b.Held
	}
	if got.Strategy != want.Strategy || got.Stale != want.Stale || got.Regime != want.Regime ||
		!slices.Equal(got.Tiers, want.Tiers) || !slices.EqualFunc(got.Backends, want.Backends, same) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	if a, b := origin.Eligible("s"), copied.Eligible("s"); !slices.Equal(a, b) {
		t.Fatalf("eligible are %v, want %v", b, a)
	}
}

func TestReplicateTakesDrainsOver(t *testing.T) {
	lb := New()
	r := Replica{Settings: Settings{Strategy: RoundRobin}, Backends: []ReplicaBackend{
		{Endpoint: Endpoint{Address: "a:1"}, Verdicts: Verdicts{Admin: AdminDrain}},
		{Endpoint: Endpoint{Address: "b:1"}},
	}}
	_, err := lb.Replicate("s", r)
	must(t, err)
	must(t, lb.SetAdmin("s", "b:1", AdminDrain))
	index := lb.groups.get("s").view.Load().index
	r.Backends[0].Verdicts.Admin = AdminReady
	_, err = lb.Replicate("s", r)
	must(t, err)
	if got := lb.HealthyCount("s"); got != 2 {
		t.Errorf("%d backends are healthy, want both", got)
	}
	if got := lb.groups.get("s").view.Load().index; got != index+1 {
		t.Errorf("one replica was published %d times", got-index)
	}
	_, err = lb.Replicate("s", r)
	must(t, err)
	if got := lb.groups.get("s").view.Load().index; got != index+1 {
		t.Error("a replica that says nothing new was published")
	}
	_, err = lb.Replicate("s", Replica{Settings: r.Settings})
	must(t, err)
	if len(lb.drains.of) != 0 {
		t.Errorf("drains are remembered of backends that left: %v", lb.drains.of)
	}
}

func TestReplicateRefusesNonsense(t *testing.T) {
	lb := New()
	for name, r := range map[string]Replica{
		"strategy": {Settings: Settings{Strategy: "best"}},
		"endpoint": {Settings: Settings{Strategy: RoundRobin}, Backends: make([]ReplicaBackend, 1)},
	} {
		if _, err := lb.Replicate("s", r); err == nil || len(lb.ListServiceNames()) != 0 {
			t.Errorf("%s: got %v", name, err)
		}
	}
	twice := Replica{Settings: Settings{Strategy: RoundRobin}, Backends: []ReplicaBackend{
		{Endpoint: Endpoint{Address: "a:1"}, Verdicts: Verdicts{Active: CheckFailed}},
		{Endpoint: Endpoint{Address: "a:1"}, Verdicts: Verdicts{Active: CheckOK}},
	}}
	_, err := lb.Replicate("s", twice)
	must(t, err)
	if lb.BackendCount("s") != 1 || lb.HealthyCount("s") != 0 {
		t.Error("of two backends at one address the first does not count")
	}
}

// TestAdjustCountsForLeastConnections gives each of three backends connections that others have.
func TestAdjustCountsForLeastConnections(t *testing.T) {
	lb := New()
	must(t, lb.Register("s", []Endpoint{{Address: "a:1"}, {Address: "b:1"}, {Address: "c:1"}}, LeastConnections))
	want := map[string]int{"a:1": 9, "b:1": 5, "c:1": 1}
	for address, n := range want {
		b, err := lb.Backend("s", address)
		must(t, err)
		b.Adjust(n)
		b.Adjust(0)
	}
	got := make(map[string]int)
	if !lb.EachActive("s", func(address string, active int) { got[address] = active }) || !maps.Equal(got, want) {
		t.Errorf("active are %v, want %v", got, want)
	}
	for _, expected := range []string{"c:1", "b:1"} {
		for range 4 {
			if b, err := lb.Select("s"); err != nil || b.Address() != expected {
				t.Errorf("got %v, %v, want %s", b, err, expected)
			}
		}
		least, err := lb.Backend("s", expected)
		must(t, err)
		least.Adjust(20)
	}
	if lb.EachActive("nope", func(string, int) {}) || lb.Eligible("nope") != nil {
		t.Error("a service that is not known has load")
	}
	if _, err := lb.Backend("s", "d:1"); err == nil {
		t.Error("a backend was found that is not there")
	}
}

func ExampleLoadBalancer_Eligible() {
	lb := New()
	_ = lb.Register("web", []Endpoint{{Address: "10.0.0.1:80", Weight: 2}, {Address: "10.0.0.2:80", Weight: Weightless}}, RoundRobin)
	fmt.Println(lb.Eligible("web"))
	// Output: [{10.0.0.1:80 2}]
}
