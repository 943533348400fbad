package balancer

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// past is what the balancer remembers of a service, by address.
func past(lb *LoadBalancer, service string) Past {
	p := Past{Backends: lb.Remember(service)}
	slices.SortFunc(p.Backends, func(a, b Memory) int { return strings.Compare(a.Address, b.Address) })
	return p
}

func TestVerdictsSurvive(t *testing.T) {
	endpoints := []Endpoint{{Address: "a"}, {Address: "b"}, {Address: "c"}}
	before := New()
	must(t, before.Register("s", endpoints, RoundRobin))
	must(t, before.RecordCheck("s", "a", false, CheckFailed))
	must(t, before.RecordCheck("s", "a", false, CheckFailed))
	must(t, before.RecordCheck("s", "b", true, CheckOK))
	must(t, before.SetAdmin("s", "c", AdminDrain))
	kept := past(before, "s")
	if len(kept.Backends) != 2 {
		t.Fatalf("it remembers %+v", kept)
	}
	kept.Stale = true
	kept.Backends = append(kept.Backends, Memory{Address: "gone", Active: CheckFailed}, Memory{Address: "c", Active: 77, Failures: -1})

	published := 0
	after := New(OnPublish(func(string, uint64) { published++ }))
	for service, addresses := range before.Drained() {
		after.DrainAgain(service, addresses)
	}
	must(t, after.RegisterAgain("s", endpoints, Settings{Strategy: RoundRobin}, kept))
	s, err := after.GroupSnapshot("s")
	must(t, err)
	want := map[string]Verdicts{"a": {Active: CheckFailed}, "b": {Active: CheckOK}, "c": {Admin: AdminDrain}}
	for _, b := range s.Backends {
		if b.Verdicts != want[b.Address] {
			t.Errorf("%s has %+v, want %+v", b.Address, b.Verdicts, want[b.Address])
		}
	}
	if !s.Stale || s.HealthyCount != 1 || s.Backends[0].ConsecutiveFailures != 2 || published != 1 {
		t.Errorf("after %d views it is %+v, want all of it in the first", published, s)
	}
	if after.Remember("nobody") != nil {
		t.Error("it remembers what it does not know")
	}
}

func TestSlowStartGoesOn(t *testing.T) {
	settings := Settings{Strategy: RoundRobin, SlowStart: SlowStart{Window: 100 * time.Second}}
	now := time.Unix(0, 0)
	before := New(Clock(func() time.Time { return now }))
	must(t, before.RegisterWith("s", []Endpoint{{Address: "old", Weight: 100}}, settings))
	_, err := before.AddBackend("s", Endpoint{Address: "new", Weight: 100})
	must(t, err)
	now = now.Add(30 * time.Second)
	before.Tick()
	kept := past(before, "s")
	if len(kept.Backends) != 1 || kept.Backends[0].Healthy != 30*time.Second || !kept.Backends[0].Ramping {
		t.Fatalf("it remembers %+v", kept)
	}
	kept.Backends[0].Healthy += 20 * time.Second // the agent was away

	now = time.Unix(1000, 0)
	after := New(Clock(func() time.Time { return now }))
	must(t, after.RegisterAgain("s", []Endpoint{{Address: "old", Weight: 100}, {Address: "new", Weight: 100}}, settings, kept))
	weights := func() (weights [2]float64) {
		s, err := after.GroupSnapshot("s")
		must(t, err)
		return [2]float64{s.Backends[0].EffectiveWeight, s.Backends[1].EffectiveWeight}
	}
	if got := weights(); got != [2]float64{100, 50} {
		t.Errorf("effective weights %v, want the old one's whole and half of the new one's", got)
	}
	now = now.Add(50 * time.Second)
	after.Tick()
	if got := weights(); got != [2]float64{100, 100} {
		t.Errorf("effective weights %v at the end", got)
	}
}

func TestLatencySurvives(t *testing.T) {
	now := time.Unix(0, 0)
	settings := Settings{Strategy: PeakEWMA}
	endpoints := []Endpoint{{Address: "a"}, {Address: "b"}}
	score := func(lb *LoadBalancer) float64 {
		_, e, err := lb.Explain("s", Pick{})
		must(t, err)
		for _, c := range e.Backends {
			if c.Address == "a" && c.Score != nil {
				return *c.Score
			}
		}
		t.Fatalf("no score of a in %+v", e)
		return 0
	}
	before := New(Clock(func() time.Time { return now }))
	must(t, before.RegisterWith("s", endpoints, settings))
	must(t, before.ReportOutcome("s", "a", true, 80*time.Millisecond))
	now = now.Add(5 * time.Second)
	before.Tick()
	kept := past(before, "s")
	if len(kept.Backends) != 1 || kept.Backends[0].CostAge != 5*time.Second {
		t.Fatalf("it remembers %+v", kept)
	}
	want := score(before)

	now = now.Add(time.Hour)
	after := New(Clock(func() time.Time { return now }))
	must(t, after.RegisterAgain("s", endpoints, settings, kept))
	if got := score(after); math.Abs(got-want) > want/100 {
		t.Errorf("the score is %v, want %v as before", got, want)
	}
	kept.Backends[0].CostAge = math.MaxInt64
	must(t, after.RegisterAgain("s", endpoints, settings, kept))
	if got := score(after); got != 0 {
		t.Errorf("a latency from ages ago scores %v", got)
	}
}

// TestLatecomersAreRecalled gives memories to backends that were listed after the service was registered.
func TestLatecomersAreRecalled(t *testing.T) {
	lb := New()
	settings := Settings{Strategy: RoundRobin, SlowStart: SlowStart{Window: time.Hour}}
	must(t, lb.RegisterWith("s", []Endpoint{{Address: "a"}}, settings))
	_, err := lb.UpdateBackends("s", []Endpoint{{Address: "a"}, {Address: "b"}, {Address: "c"}})
	must(t, err)
	must(t, lb.Recall("s", []Memory{{Address: "b", Active: CheckFailed, Failures: 3}, {Address: "c", Active: CheckOK}}))
	s, err := lb.GroupSnapshot("s")
	must(t, err)
	if s.Backends[1].Healthy || s.Backends[1].ConsecutiveFailures != 3 || s.Backends[2].EffectiveWeight != 1 {
		t.Errorf("the latecomers are %+v", s.Backends[1:])
	}
	if err := lb.Recall("nobody", nil); err == nil {
		t.Error("a service that is not there was recalled")
	}
}
