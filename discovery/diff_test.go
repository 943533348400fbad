package discovery_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/discovery"
)

// endpointLists draws lists with each address at most once, from few addresses and attributes so that
// two lists often meet.
func endpointLists() *rapid.Generator[[]discovery.Endpoint] {
	endpoint := rapid.Custom(func(t *rapid.T) discovery.Endpoint {
		return discovery.Endpoint{
			Address: fmt.Sprintf("10.0.0.%d:80", rapid.IntRange(0, 7).Draw(t, "host")),
			Weight:  rapid.IntRange(0, 2).Draw(t, "weight"),
			Status:  discovery.Status(rapid.IntRange(0, 4).Draw(t, "status")),

			Priority: rapid.IntRange(0, 1).Draw(t, "priority"),
		}
	})
	return rapid.SliceOfNDistinct(endpoint, 0, 8, func(e discovery.Endpoint) string { return e.Address })
}

func byAddress(endpoints []discovery.Endpoint) map[string]discovery.Endpoint {
	m := make(map[string]discovery.Endpoint, len(endpoints))
	for _, e := range endpoints {
		m[e.Address] = e
	}
	return m
}

func sameSet(a, b map[string]discovery.Endpoint) bool {
	if len(a) != len(b) {
		return false
	}
	for address, e := range a {
		if other, ok := b[address]; !ok || !e.Equal(other) {
			return false
		}
	}
	return true
}

func addresses(endpoints []discovery.Endpoint) (list []string) {
	for _, e := range endpoints {
		list = append(list, e.Address)
	}
	return list
}

func sameAddresses(endpoints []discovery.Endpoint, want []string) bool {
	return slices.Equal(addresses(endpoints), want)
}

// patch applies a diff to what was there, and fails when the diff does not fit.
func patch(t interface{ Fatalf(string, ...any) }, before map[string]discovery.Endpoint, diff discovery.Diff) {
	for _, e := range diff.Removed {
		if was, ok := before[e.Address]; !ok || !was.Equal(e) {
			t.Fatalf("removes %v, which was not there", e)
		}
		delete(before, e.Address)
	}
	for _, e := range diff.Changed {
		if was, ok := before[e.Address]; !ok || was.Equal(e) {
			t.Fatalf("changes %v from %v", e, was)
		}
		before[e.Address] = e
	}
	for _, e := range diff.Added {
		if _, ok := before[e.Address]; ok {
			t.Fatalf("adds %v, which was there", e)
		}
		before[e.Address] = e
	}
}

func TestCompareGivesTheNewList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := endpointLists().Draw(t, "before")
		after := endpointLists().Draw(t, "after")
		diff := discovery.Compare(before, after)
		got := byAddress(before)
		patch(t, got, diff)
		if !sameSet(got, byAddress(after)) {
			t.Fatalf("the diff %+v gives %v", diff, got)
		}
		if diff.Empty() != sameSet(byAddress(before), byAddress(after)) {
			t.Fatalf("the diff %+v is empty, or is not, wrongly", diff)
		}
		for _, inOrder := range [][2][]discovery.Endpoint{
			{diff.Added, after}, {diff.Changed, after}, {diff.Removed, before},
		} {
			if !isSubsequence(addresses(inOrder[0]), addresses(inOrder[1])) {
				t.Fatalf("the diff %+v is out of order", diff)
			}
		}
	})
}

func isSubsequence(part, whole []string) bool {
	for _, s := range whole {
		if len(part) > 0 && part[0] == s {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func TestCompareIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := endpointLists().Draw(t, "list")
		shuffled := rapid.Permutation(list).Draw(t, "shuffled")
		if diff := discovery.Compare(list, shuffled); !diff.Empty() {
			t.Fatalf("another order makes a difference: %+v", diff)
		}
	})
}
