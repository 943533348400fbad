package health

import "time"

// Target is one backend of a service and how to check it.
type Target struct {
	Address string // canonical, as host:port; the identity within the service
	Check   Check  // valid, see Check.Validate; with TypeNone the target is ignored

	// How many results in a row turn the verdict; values below 1 count as 1.
	Healthy   int // successes that end a failure
	Unhealthy int // failures that cause one
}

// Result is what one probe means for one target.
type Result struct {
	Service string
	Address string
	OK      bool
	Verdict Verdict // after rise and fall
	Before  Verdict // the one before this result; the verdict turned where the two differ
	Failed  int     // failed probes in a row, with the marks of Override(false) among them
	Last    *Last   // how the probe went; not to be written to
}

// Last is how the last probe of a target went.
type Last struct {
	At       time.Time // when it ended
	OK       bool
	Duration time.Duration
	Error    string // in words for an operator; empty after a success
}

// Sink takes the results of a Checker.
type Sink interface {
	// Checked is called from the checker's goroutines, concurrently for different addresses and in
	// order for each target, with no lock held. The probe's slot stays taken until it returns, so it
	// must be quick. SetTargets, Remove and Override wait for it: it must neither call them nor take a
	// lock that is held where they are called. It may call the other methods.
	Checked(Result)
}
