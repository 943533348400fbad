package discovery_test

import (
	"strings"
	"testing"

	"github.com/remora-agent/remora/discovery"
)

func TestClean(t *testing.T) {
	raw := []discovery.Endpoint{
		{ID: "good", Address: "10.0.0.1:80", Weight: 1},
		{ID: "port-0", Address: "10.0.0.2:0", Weight: 1},
		{ID: "port-70000", Address: "10.0.0.3:70000", Weight: 1},
		{ID: "no-address", Weight: 1},
		{ID: "negative", Address: "10.0.0.4:80", Weight: -1},
		{ID: "heavy", Address: "10.0.0.5:80", Weight: 65536},
		{ID: "tier-256", Address: "10.0.0.7:80", Weight: 1, Priority: 256},
		{ID: "tier-minus", Address: "10.0.0.8:80", Weight: 1, Priority: -1},
		{ID: "good", Address: "10.0.0.6:80", Weight: 1},
		{ID: "spelled-differently", Address: "[::FFFF:10.0.0.1]:080", Weight: 9},
		{Address: "WEB:80", Weight: 65535, Priority: 255},
		{Address: "web-2:80", Weight: 0},
	}
	got := discovery.Clean(raw)
	if want := []string{"10.0.0.1:80", "web:80", "web-2:80"}; !sameAddresses(got.Endpoints, want) {
		t.Errorf("kept %v, want %v", got.Endpoints, want)
	}
	wantDropped := [][2]string{ // which, why
		{"port-0", `port "0"`},
		{"port-70000", `port "70000"`},
		{"no-address", "no port"},
		{"negative", "weight -1"},
		{"heavy", "weight 65536"},
		{"tier-256", "priority 256"},
		{"tier-minus", "priority -1"},
		{"good", "used twice"},
		{"spelled-differently", `already that of "good"`},
	}
	if len(got.Dropped) != len(wantDropped) {
		t.Fatalf("dropped %v, want %d entries", got.Dropped, len(wantDropped))
	}
	for i, want := range wantDropped {
		text := got.Dropped[i].Error()
		if !strings.Contains(text, `"`+want[0]+`"`) || !strings.Contains(text, want[1]) {
			t.Errorf("error %q does not name %q and say %q", text, want[0], want[1])
		}
	}
}

// An entry that is dropped takes neither its id nor its address from a good one after it.
func TestCleanKeepsTheGoodTwin(t *testing.T) {
	got := discovery.Clean([]discovery.Endpoint{
		{ID: "a", Address: "h:1", Weight: -1},
		{ID: "a", Address: "h:1", Weight: 1},
	})
	if !sameAddresses(got.Endpoints, []string{"h:1"}) || len(got.Dropped) != 1 {
		t.Errorf("got %+v", got)
	}
}
