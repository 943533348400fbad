package balancer

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMerge gives a group random lists, in any order and with duplicates, and holds that its members are
// those of the list, in its order, that who stays is the same backend, and that everybody is found.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lb := New()
		if err := lb.Register("web", nil, RoundRobin); err != nil {
			t.Fatal(err)
		}
		known := make(map[string]*Backend)
		for range rapid.IntRange(1, 6).Draw(t, "updates") {
			numbers := rapid.SliceOfN(rapid.IntRange(0, 30), 0, 40).Draw(t, "list")
			var list []Endpoint
			var want []string
			for _, n := range numbers {
				list = append(list, Endpoint{Address: fmt.Sprint("h:", n)})
				if address := fmt.Sprint("h:", n); !slices.Contains(want, address) {
					want = append(want, address)
				}
			}
			diff, err := lb.UpdateBackends("web", list)
			if err != nil {
				t.Fatal(err)
			}
			v := lb.groups.get("web").view.Load()
			checkDiff(t, diff, known, want)
			checkFound(t, v)
			if len(diff.Added)+len(diff.Removed) > 0 {
				if got := lb.Addresses("web"); !slices.Equal(got, want) {
					t.Fatalf("the members are %v, want %v", got, want)
				}
			}
			now := make(map[string]*Backend)
			for i := range v.members {
				b := v.members[i].backend
				if before := known[b.address]; before != nil && before != b {
					t.Fatalf("%s has become another backend", b.address)
				}
				now[b.address] = b
			}
			known = now
		}
	})
}

// checkDiff holds that a diff names what came and what went.
func checkDiff(t *rapid.T, diff Diff, before map[string]*Backend, after []string) {
	t.Helper()
	var added, removed []string
	for _, address := range after {
		if before[address] == nil {
			added = append(added, address)
		}
	}
	for address := range before {
		if !slices.Contains(after, address) {
			removed = append(removed, address)
		}
	}
	slices.Sort(removed)
	if got := slices.Sorted(slices.Values(diff.Removed)); !slices.Equal(diff.Added, added) || !slices.Equal(got, removed) {
		t.Fatalf("the diff is %+v, want %v added and %v removed", diff, added, removed)
	}
}

// checkFound holds that each member is found by its address.
func checkFound(t *rapid.T, v *view) {
	t.Helper()
	if len(v.sorted) != len(v.members) {
		t.Fatalf("%d of %d members are in order", len(v.sorted), len(v.members))
	}
	for i := range v.members {
		if at := v.find(v.members[i].backend.address); at != i {
			t.Fatalf("%s is found at %d, and is at %d", v.members[i].backend.address, at, i)
		}
	}
}

// BenchmarkUpdate gives a group a list in which one backend has another weight, or is missing and back.
func BenchmarkUpdate(b *testing.B) {
	for _, backends := range []int{10, 100, 1000} {
		lb := New()
		lists := [3][]Endpoint{benchEndpoints(0, backends, 1), benchEndpoints(0, backends, 1), benchEndpoints(0, backends, 1)}
		lists[1][backends/2].Weight = 2
		lists[2] = slices.Delete(lists[2], backends/2, backends/2+1)
		if err := lb.Register("web", lists[0], RoundRobin); err != nil {
			b.Fatal(err)
		}
		for kind, name := range map[int]string{1: "weight", 2: "membership"} {
			b.Run(fmt.Sprintf("%s/backends=%d", name, backends), func(b *testing.B) {
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					if _, err := lb.UpdateBackends("web", lists[kind*(n%2)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
