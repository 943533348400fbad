package wire

import "encoding/json"

// Selection is the answer to a select: one backend.
type Selection struct {
	Service string            `json:"service"`
	Address string            `json:"address"`
	Host    string            `json:"host"` // without brackets
	Port    int               `json:"port"`
	ID      string            `json:"id"`
	Weight  int               `json:"weight"`
	Zone    string            `json:"zone,omitempty"`
	Tags    []string          `json:"tags,omitempty"`
	Meta    map[string]string `json:"meta,omitempty"`
	Stale   bool              `json:"stale,omitempty"` // the source has not answered lately, or has withdrawn the backend
	Panic   bool              `json:"panic,omitempty"` // health was ignored: too few are healthy
	Table   string            `json:"table,omitempty"` // fingerprint of a hashing strategy's table
}

// Selections is the answer to a select with count=N: different backends, best first.
type Selections struct {
	Service  string      `json:"service"`
	Backends []Selection `json:"backends"`
}

// Pick asks for one backend of a service.
type Pick struct {
	Service string   `json:"service"`
	Key     string   `json:"key,omitempty"`     // for hashing strategies
	Exclude []string `json:"exclude,omitempty"` // addresses not wanted
}

// Picks is the body of POST /v1/select.
type Picks struct {
	Picks []Pick `json:"picks"`
}

// PickResult is one answer of many: a selection or a problem.
type PickResult struct {
	*Selection
	Error *Problem `json:"error,omitempty"`
}

// PickResults is the answer to POST /v1/select, in the order of the request.
type PickResults struct {
	Picks []PickResult `json:"picks"`
}

// What ends a lease besides its DELETE.
const (
	BindConnection = "connection" // the end of the connection that took it
	BindTTL        = "ttl"        // its time, unless it is renewed
)

// LeaseRequest is the body of POST /v1/leases.
type LeaseRequest struct {
	Pick
	Bind string `json:"bind,omitempty"` // BindConnection by default
	TTL  string `json:"ttl,omitempty"`  // 1s to 1h, default 30s; only with BindTTL
}

// Lease is a tracked selection.
type Lease struct {
	Selection
	LeaseID string `json:"lease"`
	TTL     string `json:"ttl,omitempty"` // of a ttl lease
}

// Outcome says how the use of a backend went; all of it is optional.
type Outcome struct {
	Success   *bool    `json:"success,omitempty"`
	LatencyMS *float64 `json:"latency_ms,omitempty"`
}

// Report is an outcome without a lease.
type Report struct {
	Service string `json:"service"`
	Address string `json:"address"`
	Outcome
}

// Reports is the body of POST /v1/reports: one report, or a list of them.
type Reports []Report

// UnmarshalJSON accepts one report as well as a list.
func (r *Reports) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]Report)(r))
	}
	var one Report
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*r = Reports{one}
	return nil
}
