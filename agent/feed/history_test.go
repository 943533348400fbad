package feed

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestHistoryKeepsTheLast(t *testing.T) {
	var h History
	for i := range 250 {
		h.Add("web", Change{Effect: fmt.Sprint(i)})
	}
	h.Add("db", Change{Effect: "x"})
	got := h.Of("web")
	if len(got) != PerService || got[0].Effect != "150" || got[99].Effect != "249" {
		t.Errorf("kept %d changes, %v to %v", len(got), got[0], got[len(got)-1])
	}
	if got := h.Of("none"); got == nil || len(got) != 0 {
		t.Errorf("of a service without changes: %#v", got)
	}
}

func TestHistoryIsBoundedInAll(t *testing.T) {
	var h History
	for i := range 3 * InAll {
		h.Add(fmt.Sprintf("s%d", i%5000), Change{Effect: fmt.Sprint(i)})
	}
	total := 0
	for service := range h.services {
		total += len(h.Of(service))
	}
	if total != InAll {
		t.Errorf("%d changes are kept, want %d", total, InAll)
	}
	if len(h.all) > 3*InAll {
		t.Errorf("%d places for %d changes", len(h.all), InAll)
	}
}

func TestOneRestlessServiceLeavesTheOthersTheirs(t *testing.T) {
	var h History
	h.Add("quiet", Change{Effect: "kept"})
	for range 2 * InAll {
		h.Add("restless", Change{})
	}
	if got := h.Of("quiet"); len(got) != 1 || len(h.all) > 1000 {
		t.Errorf("of the quiet service %v is left, among %d places", got, len(h.all))
	}
}

func TestHistoryIsOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h History
		want := make(map[string][]string)
		for i := range rapid.IntRange(0, 400).Draw(t, "changes") {
			service := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "service")
			h.Add(service, Change{Effect: fmt.Sprint(i)})
			want[service] = append(want[service], fmt.Sprint(i))
		}
		for service, all := range want {
			all = all[max(0, len(all)-PerService):]
			for i, c := range h.Of(service) {
				if c.Effect != all[i] {
					t.Fatalf("change %d of %s is %s, want %s", i, service, c.Effect, all[i])
				}
			}
		}
	})
}
