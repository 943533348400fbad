package config

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/remora-agent/remora/balancer/outlier"
)

// balanceBlocks are those of a service and of defaults that say how a group chooses; the table of
// balance says what they hold. The first setting of a block that can be off turns it off when it is
// zero.
var balanceBlocks = []hcl.BlockHeaderSchema{
	{Type: dampingBlock},
	{Type: "slow_start"},
	{Type: "locality"},
	{Type: "subset"},
	{Type: "ring_hash"},
	{Type: "peak_ewma"},
}

// outlierBlock turns on outlier detection.
const outlierBlock = "outlier_detection"

// dampingBlock says when a backend flaps, and how long it is then left alone.
const dampingBlock = "flap_damping"

const (
	maxRing   = 8 << 20 // points, as in Envoy
	maxSubset = 1 << 20
)

// balance are the settings that services and defaults have in common, but for their checks.
var balance = table[Balance]{
	{name: "strategy", field: func(b *Balance) any { return &b.Strategy }},
	{name: "panic_threshold", field: func(b *Balance) any { return &b.PanicThreshold }, allow: percent},
	{name: "hash_fallback", field: func(b *Balance) any { return &b.HashFallback }, initial: FallbackNone, allow: oneOf(FallbackNone, FallbackRandom)},

	{name: "on_empty", field: func(b *Balance) any { return &b.OnEmpty }, initial: EmptyHold, allow: oneOf(EmptyHold, EmptyAccept)},
	{name: "hold_down", field: func(b *Balance) any { return &b.HoldDown }, initial: time.Minute, allow: span(0, 24*time.Hour)},

	{block: dampingBlock, name: "changes", field: func(b *Balance) any { return &b.FlapDamping.Changes }, initial: 6, allow: whole(0, 1000)},
	{block: dampingBlock, name: "window", field: func(b *Balance) any { return &b.FlapDamping.Window }, initial: time.Minute, allow: span(time.Second, time.Hour)},
	{block: dampingBlock, name: "base_hold", field: func(b *Balance) any { return &b.FlapDamping.BaseHold }, initial: 10 * time.Second, allow: holdTime},
	{block: dampingBlock, name: "max_hold", field: func(b *Balance) any { return &b.FlapDamping.MaxHold }, initial: 5 * time.Minute, allow: holdTime},

	{block: "slow_start", name: "duration", field: func(b *Balance) any { return &b.SlowStart.Duration }, allow: span(0, time.Hour)},
	{block: "slow_start", name: "aggression", field: func(b *Balance) any { return &b.SlowStart.Aggression }, initial: 1.0, allow: decimal(0.01, 100)},
	{block: "slow_start", name: "min_percent", field: func(b *Balance) any { return &b.SlowStart.MinPercent }, initial: 10, allow: whole(1, 100)},

	{block: "locality", name: "prefer_local", field: func(b *Balance) any { return &b.Locality.PreferLocal }},
	{block: "locality", name: "local_bias", field: func(b *Balance) any { return &b.Locality.LocalBias }, initial: 1.0, allow: decimal(0.01, 100)},

	{block: "subset", name: "size", field: func(b *Balance) any { return &b.Subset.Size }, allow: whole(0, maxSubset)},

	{block: "ring_hash", name: "min_size", field: func(b *Balance) any { return &b.RingHash.MinSize }, initial: 1024, allow: points},
	{block: "ring_hash", name: "max_size", field: func(b *Balance) any { return &b.RingHash.MaxSize }, initial: maxRing, allow: points},

	{block: "peak_ewma", name: "decay", field: func(b *Balance) any { return &b.PeakEWMA.Decay }, initial: 10 * time.Second, allow: span(100*time.Millisecond, time.Hour)},
	{block: "peak_ewma", name: "failure_penalty", field: func(b *Balance) any { return &b.PeakEWMA.FailurePenalty }, initial: time.Second, allow: span(time.Millisecond, time.Hour)},
}

var (
	percent       = whole(0, 100)
	holdTime      = span(100*time.Millisecond, time.Hour)
	points        = whole(1, maxRing)
	ejectionTime  = span(100*time.Millisecond, time.Hour)
	outlierHosts  = whole(1, 10_000)
	outlierVolume = whole(1, 1_000_000)

	outlierDefaults = outlier.Defaults()
)

// outliers are the settings of outlier_detection blocks, under the names that Envoy and gRPC give them.
var outliers = table[outlierDetection]{
	{name: "enabled", field: func(o *outlierDetection) any { return &o.Enabled }},
	{name: "interval", field: func(o *outlierDetection) any { return &o.Interval }, initial: outlierDefaults.Interval, allow: ejectionTime},
	{name: "base_ejection_time", field: func(o *outlierDetection) any { return &o.BaseEjectionTime }, initial: outlierDefaults.BaseEjectionTime, allow: ejectionTime},
	{name: "max_ejection_time", field: func(o *outlierDetection) any { return &o.MaxEjectionTime }, initial: outlierDefaults.MaxEjectionTime, allow: span(100*time.Millisecond, 24*time.Hour)},
	{name: "max_ejection_percent", field: func(o *outlierDetection) any { return &o.MaxEjectionPercent }, initial: outlierDefaults.MaxEjectionPercent, allow: percent},
	{name: "consecutive_failures", field: func(o *outlierDetection) any { return &o.ConsecutiveFailures }, initial: outlierDefaults.ConsecutiveFailures, allow: whole(0, 1000)},

	{name: "success_rate", field: func(o *outlierDetection) any { return &o.SuccessRate.Enabled }, initial: outlierDefaults.SuccessRate.Enabled},
	{name: "success_rate_minimum_hosts", field: func(o *outlierDetection) any { return &o.SuccessRate.MinimumHosts }, initial: outlierDefaults.SuccessRate.MinimumHosts, allow: outlierHosts},
	{name: "success_rate_request_volume", field: func(o *outlierDetection) any { return &o.SuccessRate.RequestVolume }, initial: outlierDefaults.SuccessRate.RequestVolume, allow: outlierVolume},
	{name: "success_rate_stdev_factor", field: func(o *outlierDetection) any { return &o.SuccessRate.StdevFactor }, initial: outlierDefaults.SuccessRate.StdevFactor, allow: whole(100, 10_000)},

	{name: "failure_percentage", field: func(o *outlierDetection) any { return &o.FailurePercentage.Enabled }, initial: outlierDefaults.FailurePercentage.Enabled},
	{name: "failure_percentage_minimum_hosts", field: func(o *outlierDetection) any { return &o.FailurePercentage.MinimumHosts }, initial: outlierDefaults.FailurePercentage.MinimumHosts, allow: outlierHosts},
	{name: "failure_percentage_request_volume", field: func(o *outlierDetection) any { return &o.FailurePercentage.RequestVolume }, initial: outlierDefaults.FailurePercentage.RequestVolume, allow: outlierVolume},
	{name: "failure_percentage_threshold", field: func(o *outlierDetection) any { return &o.FailurePercentage.Threshold }, initial: outlierDefaults.FailurePercentage.Threshold, allow: whole(1, 100)},

	{name: "active_unejects", field: func(o *outlierDetection) any { return &o.ActiveUnejects }, initial: outlierDefaults.ActiveUnejects},
}
