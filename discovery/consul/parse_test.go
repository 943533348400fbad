package consul

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
)

func TestWorstCheck(t *testing.T) {
	check := func(id, status string) *api.HealthCheck { return &api.HealthCheck{CheckID: id, Status: status} }
	tests := []struct {
		name   string
		checks api.HealthChecks
		want   discovery.Status
	}{
		{"none", nil, discovery.StatusNone},
		{"null", api.HealthChecks{nil}, discovery.StatusNone},
		{"passing", api.HealthChecks{check("a", "passing"), check("b", "passing")}, discovery.StatusPassing},
		{"warning", api.HealthChecks{check("a", "warning"), check("b", "passing")}, discovery.StatusWarning},
		{"critical", api.HealthChecks{check("a", "warning"), check("b", "critical")}, discovery.StatusCritical},
		{"unknown", api.HealthChecks{check("a", "passing"), check("b", "odd")}, discovery.StatusCritical},
		{"node maintenance", api.HealthChecks{check("_node_maintenance", "critical"), check("a", "passing")}, discovery.StatusMaintenance},
		{"service maintenance", api.HealthChecks{check("a", "critical"), check("_service_maintenance:x", "critical")}, discovery.StatusMaintenance},
	}
	for _, test := range tests {
		if got, reason := worstCheck(test.checks); got != test.want || (reason != "") != (got > discovery.StatusPassing) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestEndpoint(t *testing.T) {
	tests := []struct {
		name, json string
		want       discovery.Endpoint
	}{
		{
			"everything", `{"Node":{"Node":"n","Address":"10.0.0.1","Meta":{"zone":"x"},"Locality":{"Zone":"l"}},
			"Service":{"ID":"a","Address":"10.0.0.2","Port":80,"Weights":{"Passing":5,"Warning":2},"Tags":["t"],"Meta":{"k":"v"}},
			"Checks":[{"Name":"disk","Status":"warning"}]}`,
			discovery.Endpoint{
				Address: "10.0.0.2:80", ID: "a", Weight: 2, Zone: "l", Tags: []string{"t"}, Meta: map[string]string{"k": "v"},
				Status: discovery.StatusWarning, Reason: `consul: check "disk" is warning`,
			},
		},
		{
			"little", `{"Node":{"Address":"fd00::1","Meta":{"zone":"x"}},"Service":{"Port":80}}`,
			discovery.Endpoint{Address: "[fd00::1]:80", Weight: 1, Zone: "x"},
		},
		{
			"drained while warning", `{"Node":{"Address":"a"},"Service":{"Port":80,"Weights":{"Passing":1,"Warning":0}},"Checks":[{"Status":"warning"}]}`,
			discovery.Endpoint{Address: "a:80", Weight: 0, Status: discovery.StatusWarning, Reason: `consul: check "unnamed" is warning`},
		},
		{
			"zone in the meta", `{"Node":{"Address":"a","Meta":{"zone":"x"}},"Service":{"Port":80,"Meta":{"zone":"m"}}}`,
			discovery.Endpoint{Address: "a:80", Weight: 1, Zone: "m", Meta: map[string]string{"zone": "m"}},
		},
		{
			"several ports", `{"Node":{"Address":"a"},"Service":{"Ports":[{"Name":"x","Port":1},{"Name":"y","Port":2,"Default":true}]}}`,
			discovery.Endpoint{Address: "a:2", Weight: 1},
		},
	}
	for _, test := range tests {
		var e api.ServiceEntry
		must(t, json.Unmarshal([]byte(test.json), &e))
		if got := endpoint(&e); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// FuzzSnapshot holds that whatever an answer says, what is published is canonical.
func FuzzSnapshot(f *testing.F) {
	f.Add(`[{"Node":{"Node":"n","Address":"10.0.0.1"},"Service":{"ID":"a","Port":80},"Checks":[{"Status":"passing"}]}]`)
	f.Add(`[null,{},{"Node":{},"Service":{}},{"Node":{"Address":"::1"},"Service":{"Port":70000,"Weights":{"Passing":-1}}}]`)
	f.Add(`[{"Node":{"Address":"a"},"Service":{"ID":"x","Port":1}},{"Node":{"Address":"b"},"Service":{"ID":"x","Port":1},"Checks":[null]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var entries []*api.ServiceEntry
		if json.Unmarshal([]byte(text), &entries) != nil {
			return
		}
		s := snapshot(instancesOf(entries))
		if len(s.Endpoints)+len(s.Dropped) != len(entries) {
			t.Errorf("%d entries became %d and %d dropped", len(entries), len(s.Endpoints), len(s.Dropped))
		}
		seen := make(map[string]bool)
		for _, e := range s.Endpoints {
			canonical, err := discovery.ParseAddress(e.Address)
			if err != nil || canonical != e.Address || seen[e.Address] || discovery.CheckWeight(e.Weight) != nil {
				t.Errorf("published %+v, %v", e, err)
			}
			seen[e.Address] = true
		}
	})
}

func instancesOf(entries []*api.ServiceEntry) []instance {
	list := make([]instance, len(entries))
	for i, e := range entries {
		list[i] = instanceOf(e)
	}
	return list
}
