package discovery_test

import (
	"testing"

	"github.com/remora-agent/remora/discovery"
)

func TestStatusString(t *testing.T) {
	tests := map[discovery.Status]string{
		discovery.StatusNone:        "none",
		discovery.StatusPassing:     "passing",
		discovery.StatusWarning:     "warning",
		discovery.StatusCritical:    "critical",
		discovery.StatusMaintenance: "maintenance",
		discovery.Status(9):         "status(9)",
	}
	for status, want := range tests {
		if got := status.String(); got != want {
			t.Errorf("status %d is %q, want %q", uint8(status), got, want)
		}
	}
}

func TestEndpointEqual(t *testing.T) {
	full := discovery.Endpoint{
		Address: "a:1", ID: "i", Weight: 1, Zone: "z",
		Tags: []string{"t", "u"}, Meta: map[string]string{"k": "v"}, Status: discovery.StatusPassing,
	}
	edits := map[string]func(*discovery.Endpoint){
		"address":   func(e *discovery.Endpoint) { e.Address = "b:1" },
		"id":        func(e *discovery.Endpoint) { e.ID = "" },
		"weight":    func(e *discovery.Endpoint) { e.Weight = 2 },
		"zone":      func(e *discovery.Endpoint) { e.Zone = "y" },
		"tag order": func(e *discovery.Endpoint) { e.Tags = []string{"u", "t"} },
		"meta":      func(e *discovery.Endpoint) { e.Meta = map[string]string{"k": "w"} },
		"status":    func(e *discovery.Endpoint) { e.Status = discovery.StatusWarning },
		"priority":  func(e *discovery.Endpoint) { e.Priority = 1 },
	}
	for name, edit := range edits {
		other := full
		edit(&other)
		if full.Equal(other) {
			t.Errorf("another %s makes no difference", name)
		}
	}
	if !full.Equal(full) {
		t.Error("an endpoint differs from itself")
	}
	none, empty := discovery.Endpoint{}, discovery.Endpoint{Tags: []string{}, Meta: map[string]string{}}
	if !none.Equal(empty) {
		t.Error("no tags and an empty list of tags differ")
	}
}

func TestQuerySelect(t *testing.T) {
	endpoints := []discovery.Endpoint{
		{Address: "a:1", Tags: []string{"v1", "blue"}},
		{Address: "b:1", Tags: []string{"blue", "v2"}},
		{Address: "c:1"},
	}
	tests := []struct {
		tags []string
		want []string
	}{
		{nil, []string{"a:1", "b:1", "c:1"}},
		{[]string{"blue"}, []string{"a:1", "b:1"}},
		{[]string{"v2", "blue"}, []string{"b:1"}},
		{[]string{"v3"}, nil},
	}
	for _, tt := range tests {
		got := discovery.Query{Tags: tt.tags}.Select(endpoints)
		if !sameAddresses(got, tt.want) {
			t.Errorf("tags %q select %v, want %v", tt.tags, got, tt.want)
		}
	}
}
