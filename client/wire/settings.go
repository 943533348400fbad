package wire

// Settings is how a group chooses, besides its strategy: what a balancer inside an application needs
// beyond the backends to choose as the agent does. What is zero is left out and has its default. Two
// are equal when == says so.
type Settings struct {
	PanicThreshold int       `json:"panic_threshold,omitempty"` // percent; 0: never
	Locality       Locality  `json:"locality,omitzero"`
	SlowStart      SlowStart `json:"slow_start,omitzero"`
	Subset         Subset    `json:"subset,omitzero"`
	Hash           Hash      `json:"hash,omitzero"`
	PeakEWMA       PeakEWMA  `json:"peak_ewma,omitzero"`
}

// Locality prefers backends in the zone of the host.
type Locality struct {
	Prefer bool    `json:"prefer,omitempty"`
	Zone   string  `json:"zone,omitempty"` // of this host
	Bias   float64 `json:"bias,omitempty"` // multiplies the local share; default 1
}

// SlowStart lets a backend that is new or has recovered grow to its weight.
type SlowStart struct {
	WindowMS   float64 `json:"window_ms,omitempty"` // 0: none
	Aggression float64 `json:"aggression,omitempty"`
	MinPercent int     `json:"min_percent,omitempty"`
}

// Subset is the part of the group that this host uses.
type Subset struct {
	Size int    `json:"size,omitempty"` // 0: all
	Seed string `json:"seed,omitempty"`
}

// Hash is what hashing strategies are told.
type Hash struct {
	MinRing        int  `json:"min_ring,omitempty"`
	MaxRing        int  `json:"max_ring,omitempty"`
	RandomFallback bool `json:"random_fallback,omitempty"` // without a key
}

// PeakEWMA is what peak_ewma is told.
type PeakEWMA struct {
	DecayMS          float64 `json:"decay_ms,omitempty"`
	FailurePenaltyMS float64 `json:"failure_penalty_ms,omitempty"`
}
