package config

import (
	"os"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/balancer/outlier"
	"github.com/remora-agent/remora/health/damping"
)

// Balance is how a group chooses among its backends, those that its sources withdrew among them. Of a service, what its strategy does not use and
// what is off is zero, so that two that do the same are equal; of Defaults, every field is set, since
// services may choose otherwise.
type Balance struct {
	Strategy       string
	PanicThreshold int    // percent of backends that are healthy, below which all are eligible; 0: never
	HashFallback   string // of hashing strategies: FallbackNone or FallbackRandom

	OnEmpty  string        // what a withdrawal of all, or of half, is: EmptyHold or EmptyAccept
	HoldDown time.Duration // how long such backends stay as a last resort; 0 with EmptyAccept

	FlapDamping damping.Settings // Changes 0: off

	SlowStart SlowStart
	Locality  ZoneAware
	Subset    Subset
	RingHash  RingHash // of ring_hash
	PeakEWMA  PeakEWMA // of peak_ewma
}

// The values of Balance.HashFallback: what a request without a key gets.
const (
	FallbackNone   = "none"   // an error
	FallbackRandom = "random" // a backend at random
)

// The values of Balance.OnEmpty.
const (
	EmptyHold   = "hold"   // may be a mistake: the backends are held for HoldDown
	EmptyAccept = "accept" // is believed at once
)

// SlowStart is how a backend that is new or has recovered grows to its weight.
type SlowStart struct {
	Duration   time.Duration // 0: it has its weight at once
	Aggression float64       // 1: in a straight line; more: faster at the beginning
	MinPercent int           // of its weight, to begin with
}

// ZoneAware is whether backends in the zone of the host are preferred.
type ZoneAware struct {
	PreferLocal bool
	LocalBias   float64 // multiplies the share of the zone; 1 loads all backends evenly
}

// Subset is how many backends of a group this agent uses.
type Subset struct {
	Size int // 0: all
}

// RingHash is how many points the ring of a group has.
type RingHash struct {
	MinSize int
	MaxSize int // not below MinSize
}

// PeakEWMA is how latencies are averaged.
type PeakEWMA struct {
	Decay          time.Duration // how long a sample matters
	FailurePenalty time.Duration // the latency that a failure counts as
}

// For gives b for a service that chooses by this strategy. What can't be combined with it is off, which
// is meant for services that have no say in the rest: those registered over the API.
func (b Balance) For(strategy string) Balance {
	b.Strategy = strategy
	if balancer.Strategy(strategy).Hashes() {
		b.SlowStart, b.Locality, b.Subset = SlowStart{}, ZoneAware{}, Subset{}
	}
	return b.effective()
}

// effective is b with nothing in it that is off or that its strategy does not use.
func (b Balance) effective() Balance {
	strategy := balancer.Strategy(b.Strategy)
	if !strategy.Hashes() {
		b.HashFallback = ""
	}
	if b.OnEmpty == EmptyAccept || b.HoldDown == 0 {
		b.OnEmpty, b.HoldDown = EmptyAccept, 0
	}
	if b.FlapDamping.Changes == 0 {
		b.FlapDamping = damping.Settings{}
	}
	if b.SlowStart.Duration == 0 {
		b.SlowStart = SlowStart{}
	}
	if !b.Locality.PreferLocal {
		b.Locality = ZoneAware{}
	}
	if strategy != balancer.RingHash {
		b.RingHash = RingHash{}
	}
	if strategy != balancer.PeakEWMA {
		b.PeakEWMA = PeakEWMA{}
	}
	return b
}

// Settings gives b, which is one of c or what For made of it, as package balancer takes it on this
// host. Two that do the same are equal.
func (c *Config) Settings(b Balance) balancer.Settings {
	b = b.effective()
	s := balancer.Settings{
		Strategy:       balancer.Strategy(b.Strategy),
		PanicThreshold: b.PanicThreshold,
		SlowStart:      balancer.SlowStart{Window: b.SlowStart.Duration, Aggression: b.SlowStart.Aggression, MinPercent: b.SlowStart.MinPercent},
		Hash:           balancer.Hash{MinRing: b.RingHash.MinSize, MaxRing: b.RingHash.MaxSize, RandomFallback: b.HashFallback == FallbackRandom},
		EWMA:           balancer.EWMA{Decay: b.PeakEWMA.Decay, FailurePenalty: b.PeakEWMA.FailurePenalty},
	}
	if b.Locality.PreferLocal {
		s.Locality = balancer.Locality{Prefer: true, Zone: c.Locality.Zone, Bias: b.Locality.LocalBias}
	}
	if b.Subset.Size > 0 {
		s.Subset = balancer.Subset{Size: b.Subset.Size, Seed: c.agentID()}
	}
	return s
}

// agentID tells this agent from others. Agents on hosts without a name share one id, and so a subset.
func (c *Config) agentID() string {
	if c.AgentID != "" {
		return c.AgentID
	}
	name, _ := os.Hostname()
	return name
}

// outlierDetection is an outlier_detection block.
type outlierDetection struct {
	Enabled bool
	outlier.Settings
}

// effective is nil where it is off.
func (o outlierDetection) effective() *outlier.Settings {
	if !o.Enabled {
		return nil
	}
	return &o.Settings
}
