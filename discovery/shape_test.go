package discovery_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/remora-agent/remora/discovery"
)

// tagged returns a plan with service "web" from the providers "p" and "q".
func tagged(p, q discovery.Provider, sources ...discovery.SourcePlan) discovery.Plan {
	return discovery.Plan{
		Providers: []discovery.ProviderPlan{{Name: "p", Provider: p}, {Name: "q", Provider: q}},
		Services:  []discovery.ServicePlan{{Name: "web", Sources: sources}},
	}
}

func TestSourceFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q, r := newScript(), newScript(), newRig(t)
		p.say("web", "a:1", "b:1", "c:1")
		q.say("web", "b:1", "d:1")
		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "p", Filter: `Address != "b:1"`}, discovery.SourcePlan{Provider: "q"}))
		r.wants("web", "a:1", "c:1", "b:1", "d:1")
		p.say("web", "b:1", "c:1", "e:1")
		r.wants("web", "c:1", "e:1", "b:1", "d:1")
		if status := r.provider("p"); status.Dropped != 0 || status.Stale {
			t.Errorf("what the filter leaves out counts as a fault: %+v", status)
		}

		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "p", Filter: `Address == "b:1"`}, discovery.SourcePlan{Provider: "q"}))
		r.wants("web", "b:1", "d:1")
		_, before := p.watched("web")
		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "p", Filter: `Address == "b:1"`}, discovery.SourcePlan{Provider: "q"}))
		if _, after := p.watched("web"); after != before {
			t.Error("a plan that changes nothing started a watch")
		}
	})
}

// A filter that lets nothing pass empties the service: the catalog did answer.
func TestFilterThatWantsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q, r := newScript(), newScript(), newRig(t)
		p.say("web", "a:1")
		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "p", Filter: "Weight == 7"}))
		r.wants("web")
		if status := r.provider("p"); !status.Ready {
			t.Errorf("not ready: %+v", status)
		}
	})
}

func TestSourcePriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q, r := newScript(), newScript(), newRig(t)
		q.say("web", "b:1", "c:1")
		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "p", Priority: 1}, discovery.SourcePlan{Provider: "q", Priority: 2}))
		for _, sink := range p.sinks("web") {
			sink.Publish(discovery.Snapshot{Endpoints: []discovery.Endpoint{{Address: "a:1", Priority: 9}, {Address: "b:1"}}})
		}
		wantPriorities(t, r, map[string]int{"a:1": 9, "b:1": 1, "c:1": 2}) // b is what its first source says

		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "q", Priority: 3}))
		wantPriorities(t, r, map[string]int{"b:1": 3, "c:1": 3})
		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "q"}))
		wantPriorities(t, r, map[string]int{"b:1": 0, "c:1": 0})
	})
}

func wantPriorities(t *testing.T, r *rig, want map[string]int) {
	t.Helper()
	synctest.Wait()
	u, _ := r.got.get("web")
	for _, e := range u.Endpoints {
		if priority, listed := want[e.Address]; !listed || priority != e.Priority {
			t.Errorf("%s has priority %d, want %v", e.Address, e.Priority, want)
		}
	}
	if len(u.Endpoints) != len(want) {
		t.Errorf("got %v, want %v", u.Endpoints, want)
	}
}

// What a provider publishes is frozen, and others may hold it.
func TestShapingLeavesTheSnapshotAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q, r := newScript(), newScript(), newRig(t)
		r.configure(tagged(p, q, discovery.SourcePlan{Provider: "p", Filter: `Address == "b:1"`, Priority: 1}))
		published := []discovery.Endpoint{{Address: "a:1"}, {Address: "b:1"}}
		before := slices.Clone(published)
		for _, sink := range p.sinks("web") {
			sink.Publish(discovery.Snapshot{Endpoints: published, Dropped: []error{errors.New("x is bad")}})
		}
		wantPriorities(t, r, map[string]int{"b:1": 1})
		if !slices.EqualFunc(published, before, discovery.Endpoint.Equal) {
			t.Errorf("the provider's list became %v", published)
		}
		if status := r.provider("p"); status.Dropped != 1 {
			t.Errorf("what the provider dropped was lost: %+v", status)
		}
	})
}

func TestPlanChecksShapes(t *testing.T) {
	p, q := newScript(), newScript()
	for _, tt := range []struct {
		name   string
		source discovery.SourcePlan
		says   string // empty: it is fine
	}{
		{"largest priority", discovery.SourcePlan{Provider: "p", Priority: 255}, ""},
		{"priority too large", discovery.SourcePlan{Provider: "p", Priority: 256}, "priority 256 is not between 0 and 255"},
		{"priority negative", discovery.SourcePlan{Provider: "p", Priority: -1}, "priority -1"},
		{"filter", discovery.SourcePlan{Provider: "p", Filter: "Port == 1"}, `service "web": source of provider "p": compile filter: there is no selector "Port"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tagged(p, q, tt.source).Check()
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
	one := discovery.SourcePlan{Provider: "p", Filter: "v1 in Tags", Priority: 1}
	other := discovery.SourcePlan{Provider: "p", Filter: "v1 not in Tags", Priority: 2}
	if err := tagged(p, q, one, other).Check(); err != nil {
		t.Errorf("two parts of one catalog are refused: %v", err)
	}
	if err := tagged(p, q, one, one).Check(); err == nil {
		t.Error("one source twice is accepted")
	}
}
