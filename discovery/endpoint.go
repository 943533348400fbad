package discovery

import (
	"maps"
	"slices"
	"strconv"
)

// Status is what a registry says about the health of an endpoint.
type Status uint8

// The statuses, from the one that says nothing to the worst.
const (
	StatusNone        Status = iota // the source keeps no health
	StatusPassing                   // usable
	StatusWarning                   // usable, worth a look
	StatusCritical                  // not usable
	StatusMaintenance               // taken out by an operator of the registry
)

var statusNames = [...]string{"none", "passing", "warning", "critical", "maintenance"}

// String returns the name used on the wire, such as "passing".
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "status(" + strconv.Itoa(int(s)) + ")"
}

// Limits of a weight; a weight of 0 means that the endpoint is listed and never picked.
const (
	MaxWeight     = 65535
	DefaultWeight = 1
)

// Endpoint is one instance of a service as a source describes it. Endpoints are values: once
// published, neither the slice nor the map behind one may be written to.
type Endpoint struct {
	Address string            // canonical, as ParseAddress returns it; the identity within a service
	ID      string            // the source's own name for the instance; may be empty
	Weight  int               // 0 to MaxWeight
	Zone    string            // empty when the source does not say
	Tags    []string          // in the source's order
	Meta    map[string]string // free form
	Status  Status
	Reason  string // why the status is worse than passing, in the source's words; may be empty

	// Priority is that of its tier, 0 to MaxPriority, lower ones first. An endpoint with 0 takes over
	// the priority of its source.
	Priority int
}

// Equal says whether two endpoints are the same in every attribute.
func (e Endpoint) Equal(other Endpoint) bool { return e.equal(&other) }

// equal spares the copies, which cost more than the comparison when lists are long.
func (e *Endpoint) equal(other *Endpoint) bool {
	return e.Address == other.Address &&
		e.ID == other.ID &&
		e.Weight == other.Weight &&
		e.Zone == other.Zone &&
		e.Status == other.Status &&
		e.Reason == other.Reason &&
		e.Priority == other.Priority &&
		slices.Equal(e.Tags, other.Tags) &&
		maps.Equal(e.Meta, other.Meta)
}

// label names an endpoint in messages.
func (e *Endpoint) label() string {
	if e.ID != "" {
		return e.ID
	}
	return e.Address
}
