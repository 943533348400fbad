package wire

import "encoding/json"

// ServiceSummary is one row of GET /v1/services.
type ServiceSummary struct {
	Name         string   `json:"name"`
	Strategy     string   `json:"strategy"`
	Sources      []string `json:"sources"`
	BackendCount int      `json:"backend_count"`
	HealthyCount int      `json:"healthy_count"`
	HeldCount    int      `json:"held_count,omitempty"` // as that of a group
	Regime       string   `json:"regime"`               // as that of a group
	Stale        bool     `json:"stale"`
}

// ServiceList is the answer to GET /v1/services, sorted by name.
type ServiceList struct {
	Services []ServiceSummary `json:"services"`
}

// Group is the answer to GET /v1/services/{service}: one consistent moment.
type Group struct {
	Service      string    `json:"service"`
	Strategy     string    `json:"strategy"`
	Sources      []string  `json:"sources"`
	Index        uint64    `json:"index"`
	Stale        bool      `json:"stale"`
	AgeSeconds   float64   `json:"age_seconds"`     // since the sources' last completed answer
	BackendCount int       `json:"backend_count"`   // that are listed
	HealthyCount int       `json:"healthy_count"`   // of those
	HeldCount    int       `json:"held_count"`      // of backends: withdrawn, and there until that is believed
	Regime       string    `json:"regime"`          // normal, spill-over, failover, panic, withdrawn, down
	Tiers        []Tier    `json:"tiers"`           // by priority
	Zones        []Zone    `json:"zones,omitempty"` // where locality is preferred
	Table        string    `json:"table,omitempty"` // fingerprint of a hashing strategy's table
	TableBytes   int       `json:"table_bytes,omitempty"`
	Settings     Settings  `json:"settings,omitzero"` // how it chooses, besides the strategy
	Backends     []Backend `json:"backends"`
}

// FillEmpty replaces lists and maps that are nil by empty ones, so that JSON shows [] and {} and never
// null. It writes to the group's list of backends, so the group must not be shared yet.
func (g *Group) FillEmpty() {
	if g.Sources == nil {
		g.Sources = []string{}
	}
	if g.Backends == nil {
		g.Backends = []Backend{}
	}
	for i := range g.Backends {
		b := &g.Backends[i]
		if b.Tags == nil {
			b.Tags = []string{}
		}
		if b.Meta == nil {
			b.Meta = map[string]string{}
		}
	}
}

// Backend is one member of a group.
type Backend struct {
	Address             string            `json:"address"`
	ID                  string            `json:"id"`
	Healthy             bool              `json:"healthy"`
	Verdicts            Verdicts          `json:"verdicts"`
	ActiveConnections   int64             `json:"active_connections"`
	ConsecutiveFailures int64             `json:"consecutive_failures"` // of probes and marks
	ReportedFailures    int64             `json:"reported_failures"`    // in a row, from applications
	Weight              int               `json:"weight"`
	EffectiveWeight     float64           `json:"effective_weight"` // less than the weight in slow start
	Priority            int               `json:"priority"`
	Zone                string            `json:"zone"`
	Tags                []string          `json:"tags"`
	Meta                map[string]string `json:"meta"`
	LastCheck           *LastCheck        `json:"last_check"` // null before the first

	// Held says that the sources have withdrawn the backend, together with so many others that it may be a
	// mistake: it is picked only when no listed one can be.
	Held      bool   `json:"held,omitempty"`
	HeldUntil string `json:"held_until,omitempty"` // RFC 3339

	// Damped says that the backend flaps and is held down: whatever its verdicts, it is picked only when no
	// other can be.
	Damped       bool   `json:"damped,omitempty"`
	DampedUntil  string `json:"damped_until,omitempty"` // RFC 3339
	DampedReason string `json:"damped_reason,omitempty"`
}

// Verdicts are the inputs to a backend's health.
type Verdicts struct {
	Registry string `json:"registry"` // passing, warning, critical, maintenance, none
	Active   string `json:"active"`   // ok, failed, unknown
	Passive  string `json:"passive"`  // ok, failed, unknown
	Admin    string `json:"admin"`    // ready, drain
}

// LastCheck is the last probe of a backend.
type LastCheck struct {
	At         string  `json:"at"` // RFC 3339
	OK         bool    `json:"ok"`
	DurationMS float64 `json:"duration_ms"`
	Error      string  `json:"error"`
}

// BackendSpec describes a backend to register. In JSON it is an object or just the address.
type BackendSpec struct {
	Address  string            `json:"address"`
	ID       string            `json:"id,omitempty"`
	Weight   *int              `json:"weight,omitempty"` // 0 to 65535, default 1
	Zone     string            `json:"zone,omitempty"`
	Priority int               `json:"priority,omitempty"` // 0 to 255, default 0; lower ones serve first
	Tags     []string          `json:"tags,omitempty"`
	Meta     map[string]string `json:"meta,omitempty"`
}

// UnmarshalJSON accepts "10.0.0.1:80" as well as an object.
func (b *BackendSpec) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*b = BackendSpec{}
		return json.Unmarshal(data, &b.Address)
	}
	type plain BackendSpec
	return json.Unmarshal(data, (*plain)(b))
}

// Registration is the body of PUT /v1/services/{service}.
type Registration struct {
	Strategy string        `json:"strategy,omitempty"` // default: that of the configuration
	Backends []BackendSpec `json:"backends"`
}

// BackendList is the body of PUT /v1/services/{service}/backends: a list, or an object with one.
type BackendList struct {
	Backends []BackendSpec `json:"backends"`
}

// UnmarshalJSON accepts a bare list as well as {"backends": […]}.
func (l *BackendList) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, &l.Backends)
	}
	type plain BackendList
	return json.Unmarshal(data, (*plain)(l))
}

// Diff names the addresses that an update added, removed and changed; each list is sorted.
type Diff struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
}

// Accepted is the answer to POST /v1/services/{service}/accept.
type Accepted struct {
	Service string   `json:"service"`
	Removed []string `json:"removed"` // addresses that were held, sorted
}

// Mark is the body of PUT …/health.
type Mark struct {
	Healthy *bool `json:"healthy"`
}

// What an operator may make of a backend.
const (
	AdminReady = "ready"
	AdminDrain = "drain"
)

// Admin is the body of PUT …/admin.
type Admin struct {
	State string `json:"state"` // AdminReady or AdminDrain
}
