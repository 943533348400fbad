package wire

// AgentInfo is the answer to GET /v1/agent.
type AgentInfo struct {
	Version       string         `json:"version"`
	PID           int            `json:"pid"`
	UptimeSeconds float64        `json:"uptime_seconds"`
	Services      int            `json:"services"` // in the balancer now
	Leases        int            `json:"leases"`
	Connections   int            `json:"connections"`
	HeldBackends  int            `json:"held_backends"` // withdrawn, and there until that is believed
	HeldServices  int            `json:"held_services"` // that have such backends
	Providers     []ProviderInfo `json:"providers"`
	LimitedUsers  []LimitedUser  `json:"limited_users,omitempty"`
}

// LimitedUser is a user of the host who asked for more than one user gets, and how often since the start.
type LimitedUser struct {
	User               string `json:"uid"`         // "unknown" where the system can't say
	Connections        int    `json:"connections"` // now
	RefusedConnections uint64 `json:"refused_connections"`
	RefusedStreams     uint64 `json:"refused_streams"`
	RefusedRequests    uint64 `json:"refused_requests"`
}

// ProviderInfo says how fresh one provider is.
type ProviderInfo struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`        // static, etcd, consul, api
	Services   int      `json:"services"`    // watched now
	Ready      bool     `json:"ready"`       // every watched service has data
	Stale      bool     `json:"stale"`       // the last attempt failed
	AgeSeconds *float64 `json:"age_seconds"` // since the last completed answer; null before the first
	Updates    uint64   `json:"updates"`     // snapshots that differed
	Errors     uint64   `json:"errors"`      // failed attempts
	Dropped    uint64   `json:"dropped"`     // entries that made no sense
	LastError  string   `json:"last_error,omitempty"`

	// CredentialsError says why the token, password or certificate that its files hold now is not used;
	// what they held before is. CertificateExpires is when the certificate in use does, RFC 3339.
	CredentialsError   string `json:"credentials_error,omitempty"`
	CertificateExpires string `json:"certificate_expires,omitempty"`
}

// ReloadResult is the answer to POST /v1/agent/reload.
type ReloadResult struct {
	Changed      []string `json:"changed"`       // what is in force now and was not before
	NeedsRestart []string `json:"needs_restart"` // settings that changed in the file only
}

// The types of an event of GET /v1/watch.
const (
	EventSnapshot  = "snapshot"
	EventDiff      = "diff"
	EventHealth    = "health"
	EventRemoved   = "removed"
	EventHeartbeat = "heartbeat"
)

// Event is one line of GET /v1/watch. A snapshot carries the fields of the whole group; a diff
// carries what was added, removed and changed since the service's event before it, as whole
// backends; health is a diff of verdicts or staleness only; removed says that the service is gone.
// After decoding, service, index and stale are in the event itself, never in its Group.
type Event struct {
	Type    string `json:"type"`
	Service string `json:"service,omitempty"`
	Index   uint64 `json:"index,omitempty"`
	Stale   *bool  `json:"stale,omitempty"` // of all but removed and heartbeat
	*Group         // of a snapshot; its fields stand beside the ones above

	Added   []Backend `json:"added,omitempty"`   // of a diff
	Removed []Backend `json:"removed,omitempty"` // of a diff
	Changed []Backend `json:"changed,omitempty"` // of a diff or health
}
