package state

import "time"

// Meta is what the file says of itself.
type Meta struct {
	At    time.Time // when it was written, by the wall clock
	Index uint64    // no index that the agent had given out was higher
}

// longest bounds what is believed of a clock, so that sums of ages can't overflow.
const longest = 10 * 365 * 24 * time.Hour

// Elapsed is the time from when the file was written until now: never negative, though the clock may have
// been set back, and ten years at most.
func (m Meta) Elapsed(now time.Time) time.Duration {
	return min(max(0, now.Round(0).Sub(m.At)), longest)
}

// Service is what is kept of one service.
type Service struct {
	Name     string
	Idle     time.Duration // since anybody asked for it
	Sources  []Source      // of catalogs, in their order
	API      *Registration // nil unless it was registered over the API
	Drained  []string      // addresses, those of backends that are away included
	Backends []Backend     // those of which something is known beside their attributes
}

// Source is the last good list of one source.
type Source struct {
	Provider  string
	Identity  string        // what it was asked for: with another one the list means nothing
	Age       time.Duration // of the last completed answer
	Endpoints []Endpoint
}

// Registration is a service as it was registered.
type Registration struct {
	Strategy  string // empty: the configuration's
	Endpoints []Endpoint
}

// Endpoint is one entry of a list. Status counts as package discovery does.
type Endpoint struct {
	Address  string
	ID       string
	Weight   int // 0: never picked
	Priority int
	Zone     string
	Tags     []string
	Meta     map[string]string
	Status   uint8
	Reason   string
}

// Backend is what was found out about one backend. Verdict counts as package health does.
type Backend struct {
	Address  string
	Verdict  uint8 // of probes
	Failures int   // of probes and marks, in a row
	OKs      int   // results of probes in a row, which count towards a verdict
	Faileds  int

	Ramping bool          // in slow start
	Healthy time.Duration // since when, if it is

	Cost    time.Duration // of peak_ewma; 0: not measured
	CostAge time.Duration

	Ejections int       // how often outlier detection ejected it lately; as the multiplier of the next time
	Ejection  *Ejection // nil: it is not ejected
}

// Ejection is one that holds.
type Ejection struct {
	Age     time.Duration
	Left    time.Duration
	Cause   string
	Reason  string
	Alone   bool // only one uid spoke against it:
	Accuser uint32
}

// Lease is one that ends by time.
type Lease struct {
	ID      string
	Service string
	Address string
	UID     uint32
	TTL     time.Duration
	Left    time.Duration
}

// State is the contents of a file.
type State struct {
	Meta     Meta
	Services []Service
	Leases   []Lease
}
