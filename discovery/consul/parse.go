package consul

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
)

// instance is an entry of an answer, reduced to what is kept of it.
type instance struct {
	node     string
	endpoint discovery.Endpoint // the zero value where the entry is none, for Clean to count
}

func instanceOf(e *api.ServiceEntry) instance {
	if e == nil || e.Service == nil || e.Node == nil {
		return instance{}
	}
	return instance{e.Node.Node, endpoint(e)}
}

// snapshot translates an answer. Entries with the same address are one backend: one that can be used
// wins over one that can't, as when an instance came back under a new id and Consul has not yet
// forgotten the old one.
func snapshot(instances []instance) discovery.Snapshot {
	raw := make([]discovery.Endpoint, 0, len(instances))
	nodes := make(map[string]int, len(instances)) // service id: how many nodes have it
	for _, i := range instances {
		nodes[i.endpoint.ID]++
	}
	for _, i := range instances {
		if id := i.endpoint.ID; id != "" && nodes[id] > 1 { // ids are unique on a node, not in the catalog
			i.endpoint.ID = i.node + "/" + id
		}
		raw = append(raw, i.endpoint)
	}
	slices.SortStableFunc(raw, func(a, b discovery.Endpoint) int {
		return cmp.Compare(rank(a.Status), rank(b.Status))
	})
	return discovery.Clean(raw)
}

// rank is lower for what can be used.
func rank(s discovery.Status) int {
	if s == discovery.StatusCritical || s == discovery.StatusMaintenance {
		return 1
	}
	return 0
}

func endpoint(e *api.ServiceEntry) discovery.Endpoint {
	status, reason := worstCheck(e.Checks)
	return discovery.Endpoint{
		Address: net.JoinHostPort(cmp.Or(e.Service.Address, e.Node.Address), strconv.Itoa(e.Service.DefaultPort())),
		ID:      e.Service.ID,
		Weight:  weight(e.Service.Weights, status),
		Zone:    zone(e),
		Tags:    e.Service.Tags,
		Meta:    e.Service.Meta,
		Status:  status,
		Reason:  reason,
	}
}

// weight is what Consul's own DNS gives an instance. Consul never stores a passing weight of 0: it
// stands for none given.
func weight(w api.AgentWeights, status discovery.Status) int {
	switch {
	case w.Passing == 0:
		return discovery.DefaultWeight
	case status == discovery.StatusWarning:
		return w.Warning
	}
	return w.Passing
}

func zone(e *api.ServiceEntry) string {
	for _, l := range []*api.Locality{e.Service.Locality, e.Node.Locality} {
		if l != nil && l.Zone != "" {
			return l.Zone
		}
	}
	return cmp.Or(e.Service.Meta["zone"], e.Node.Meta["zone"])
}

// worstCheck is the worst status among the checks of an instance and of its node, and which check that
// is, unless it passes. Maintenance mode is a check too, whose id says so. A status that is none of
// Consul's counts as critical.
func worstCheck(checks api.HealthChecks) (status discovery.Status, reason string) {
	for _, check := range checks {
		if check == nil || checkStatus(check) <= status {
			continue
		}
		status, reason = checkStatus(check), ""
		if status > discovery.StatusPassing {
			reason = fmt.Sprintf("consul: check %q is %s", cmp.Or(check.Name, check.CheckID, "unnamed"), status)
		}
	}
	return status, reason
}

func checkStatus(check *api.HealthCheck) discovery.Status {
	switch {
	case check.CheckID == api.NodeMaint || strings.HasPrefix(check.CheckID, api.ServiceMaintPrefix):
		return discovery.StatusMaintenance
	case check.Status == api.HealthPassing:
		return discovery.StatusPassing
	case check.Status == api.HealthWarning:
		return discovery.StatusWarning
	}
	return discovery.StatusCritical
}
