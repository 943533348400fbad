package wire

// Explained is the answer to a select with explain=1: the selection, and how it came about. When
// nothing could be selected, the problem carries the explanation instead.
type Explained struct {
	Selection
	Explain Explanation `json:"explain"`
}

// Explanation shows one selection: who was a candidate, who was not and why, and what decided.
type Explanation struct {
	Service  string      `json:"service"`
	Strategy string      `json:"strategy"`
	Index    uint64      `json:"index"`
	Regime   string      `json:"regime"` // normal, spill-over, failover, panic, withdrawn, down
	Stale    bool        `json:"stale"`
	Tiers    []Tier      `json:"tiers"`
	Zones    []Zone      `json:"zones,omitempty"` // where locality is preferred
	Table    string      `json:"table,omitempty"` // fingerprint of a hashing strategy's table
	Why      string      `json:"why"`             // one sentence
	Backends []Candidate `json:"backends"`
}

// Tier is how much of the picks goes to the backends of one priority.
type Tier struct {
	Priority int     `json:"priority"`
	Members  int     `json:"members"`
	Healthy  int     `json:"healthy"`
	Percent  float64 `json:"percent"`
	Panic    bool    `json:"panic,omitempty"`
	Held     bool    `json:"held,omitempty"` // of withdrawn backends, behind all others
}

// Zone is how much of the picks goes to one zone of one tier.
type Zone struct {
	Zone     string  `json:"zone"`
	Priority int     `json:"priority"`
	Percent  float64 `json:"percent"`
	Local    bool    `json:"local"` // the agent's own
}

// Candidate is one backend of an Explanation.
type Candidate struct {
	Address         string   `json:"address"`
	ID              string   `json:"id"`
	Zone            string   `json:"zone,omitempty"`
	Priority        int      `json:"priority"`
	Verdicts        Verdicts `json:"verdicts"`
	Eligible        bool     `json:"eligible"`
	Reason          string   `json:"reason,omitempty"` // why it was not eligible or not wanted
	Weight          int      `json:"weight"`
	EffectiveWeight float64  `json:"effective_weight"` // less than the weight in slow start
	Active          int64    `json:"active_connections"`
	Score           *float64 `json:"score,omitempty"` // where the strategy compares one; the smallest is best
	Drawn           bool     `json:"drawn,omitempty"` // one of those that were compared
	Chosen          bool     `json:"chosen,omitempty"`
}

// History is the answer to GET /v1/services/{service}/history, the oldest change first.
type History struct {
	Service string   `json:"service"`
	Changes []Change `json:"changes"`
}

// Change is one thing that happened to a service.
type Change struct {
	At      string `json:"at"`                // RFC 3339
	Cause   string `json:"cause"`             // such as "source legacy", "probe", "report", "uid 1001"
	Address string `json:"address,omitempty"` // of a backend; empty: of the service as a whole
	Effect  string `json:"effect"`            // in words
}
