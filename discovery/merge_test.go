package discovery_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/discovery"
)

func TestMergeStatus(t *testing.T) {
	const (
		none        = discovery.StatusNone
		passing     = discovery.StatusPassing
		warning     = discovery.StatusWarning
		critical    = discovery.StatusCritical
		maintenance = discovery.StatusMaintenance
	)
	tests := []struct{ a, b, want discovery.Status }{
		{passing, critical, passing},
		{passing, maintenance, passing},
		{passing, warning, passing},
		{passing, none, passing},
		{warning, none, warning},
		{warning, critical, warning},
		{none, critical, none}, // listing it without checking it says that it is alive
		{none, maintenance, none},
		{critical, maintenance, critical},
		{critical, critical, critical},
	}
	for _, tt := range tests {
		for _, pair := range [][2]discovery.Status{{tt.a, tt.b}, {tt.b, tt.a}} {
			got := discovery.Merge(
				[]discovery.Endpoint{{Address: "a:1", Status: pair[0]}},
				[]discovery.Endpoint{{Address: "a:1", Status: pair[1]}},
			)
			if len(got) != 1 || got[0].Status != tt.want {
				t.Errorf("%v with %v gives %v, want %v", pair[0], pair[1], got, tt.want)
			}
		}
	}
}

func TestMergeAttributesAndOrder(t *testing.T) {
	got := discovery.Merge(
		[]discovery.Endpoint{{Address: "b:1", Zone: "first"}, {Address: "a:1", Zone: "first"}},
		nil,
		[]discovery.Endpoint{{Address: "c:1", Zone: "third"}, {Address: "a:1", Zone: "third"}},
	)
	want := []discovery.Endpoint{
		{Address: "b:1", Zone: "first"}, {Address: "a:1", Zone: "first"}, {Address: "c:1", Zone: "third"},
	}
	if !slices.EqualFunc(got, want, discovery.Endpoint.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMergeProperties(t *testing.T) {
	equal := func(a, b []discovery.Endpoint) bool {
		return slices.EqualFunc(a, b, discovery.Endpoint.Equal)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := endpointLists().Draw(t, "a")
		b := endpointLists().Draw(t, "b")
		c := endpointLists().Draw(t, "c")
		before := slices.Clone(a)

		all := discovery.Merge(a, b, c)
		if !equal(a, before) {
			t.Fatalf("merging wrote into a source: %v", a)
		}
		if !equal(discovery.Merge(a, a), a) {
			t.Fatalf("%v with itself gives %v", a, discovery.Merge(a, a))
		}
		if !equal(discovery.Merge(discovery.Merge(a, b), c), all) || !equal(discovery.Merge(a, discovery.Merge(b, c)), all) {
			t.Fatal("the result depends on which sources are merged first")
		}
		checkUnion(t, all, a, b, c)
	})
}

func checkUnion(t *rapid.T, merged []discovery.Endpoint, sources ...[]discovery.Endpoint) {
	union := byAddress(merged)
	if len(union) != len(merged) {
		t.Fatalf("an address is there twice: %v", merged)
	}
	first := map[string]discovery.Endpoint{}
	for _, source := range sources {
		for _, e := range source {
			if _, seen := first[e.Address]; !seen {
				first[e.Address] = e
			}
		}
	}
	for address, e := range first {
		if got, ok := union[address]; !ok || got.Weight != e.Weight || got.Priority != e.Priority {
			t.Fatalf("%v became %v, not what its first source says", e, got)
		}
	}
	if len(first) != len(union) {
		t.Fatalf("merged %v out of %v", union, first)
	}
}
