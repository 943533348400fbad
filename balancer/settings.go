package balancer

import (
	"errors"
	"fmt"
	"time"
)

// Settings is how one group chooses. The zero value but for a strategy is plain balancing over all
// healthy backends.
type Settings struct {
	Strategy Strategy

	// PanicThreshold, in percent: when fewer of the backends are healthy, all but the drained ones are
	// eligible, on the assumption that the verdicts are what is wrong. 0: never.
	PanicThreshold int

	Locality  Locality
	SlowStart SlowStart
	Subset    Subset
	Hash      Hash
	EWMA      EWMA
}

// Locality prefers backends in the zone of the caller.
type Locality struct {
	Prefer bool
	Zone   string  // of this host; empty: no preference
	Bias   float64 // multiplies the local share; 0 means 1, which loads all backends evenly
}

// SlowStart lets a backend that is new or has recovered grow to its weight. As in Envoy, a backend
// that has been healthy for t of the window has the share max(Min, (t / Window)^(1 / Aggression)).
type SlowStart struct {
	Window     time.Duration // 0: none
	Aggression float64       // 0 means 1, which grows in a straight line
	MinPercent int           // 0 means 10
}

// Subset lets this agent use a part of the group only, the same one for as long as it can.
type Subset struct {
	Size int    // 0: all
	Seed string // what makes this agent's part its own
}

// Hash is what the hashing strategies can be told.
type Hash struct {
	MinRing, MaxRing int  // points of ring_hash; 0 means 1,024 and 8,388,608
	RandomFallback   bool // without a key, pick at random instead of ErrKeyRequired
}

// EWMA is what peak_ewma can be told.
type EWMA struct {
	Decay          time.Duration // 0 means 10 s
	FailurePenalty time.Duration // the latency that a failure counts as; 0 means 1 s
}

// Bounds and defaults of Settings.
const (
	defaultMinRing = 1024
	maxRing        = 8 << 20
	defaultDecay   = 10 * time.Second
	defaultPenalty = time.Second
	defaultMinRamp = 10
)

// Check returns every fault of the settings, each with what is allowed.
func (s Settings) Check() error {
	faults := []error{s.Strategy.check()}
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	refuse(s.PanicThreshold < 0 || s.PanicThreshold > 100, "panic threshold %d%% is not between 0 and 100", s.PanicThreshold)
	refuse(s.Locality.Bias < 0 || s.Locality.Bias > 100, "local bias %v is not between 0 and 100", s.Locality.Bias)
	refuse(s.SlowStart.Window < 0, "slow start of %v is negative", s.SlowStart.Window)
	refuse(s.SlowStart.Aggression < 0, "slow start aggression %v is negative", s.SlowStart.Aggression)
	refuse(s.SlowStart.MinPercent < 0 || s.SlowStart.MinPercent > 100, "slow start minimum %d%% is not between 0 and 100", s.SlowStart.MinPercent)
	refuse(s.Subset.Size < 0, "subset size %d is negative", s.Subset.Size)
	h := s.Hash.withDefaults()
	refuse(h.MinRing < 1 || h.MaxRing > maxRing || h.MinRing > h.MaxRing,
		"ring sizes %d to %d are not within 1 to %d, the smaller one first", h.MinRing, h.MaxRing, maxRing)
	refuse(s.EWMA.Decay < 0 || s.EWMA.FailurePenalty < 0, "decay %v or failure penalty %v is negative", s.EWMA.Decay, s.EWMA.FailurePenalty)
	if s.Strategy.Hashes() {
		refuse(s.Locality.Prefer, "locality and %s exclude each other: keys would move with the health of zones", s.Strategy)
		refuse(s.SlowStart.Window > 0, "slow start and %s exclude each other: keys would move while a weight grows", s.Strategy)
		refuse(s.Subset.Size > 0, "subset and %s exclude each other: agents would not agree where a key belongs", s.Strategy)
	}
	return errors.Join(faults...)
}

func (h Hash) withDefaults() Hash {
	if h.MinRing == 0 {
		h.MinRing = defaultMinRing
	}
	if h.MaxRing == 0 {
		h.MaxRing = maxRing
	}
	return h
}

func (e EWMA) withDefaults() EWMA {
	if e.Decay == 0 {
		e.Decay = defaultDecay
	}
	if e.FailurePenalty == 0 {
		e.FailurePenalty = defaultPenalty
	}
	return e
}
