package outlier

import (
	"errors"
	"fmt"
	"time"
)

// Settings say when a backend is an outlier and how long it is left out. Names and defaults are those
// of Envoy's outlier_detection and gRFC A50. Defaults returns what to start from; the zero value is
// not valid.
type Settings struct {
	Interval         time.Duration // between sweeps: 100 ms to 1 h
	BaseEjectionTime time.Duration // of a first ejection: 100 ms to 1 h
	MaxEjectionTime  time.Duration // of any: BaseEjectionTime to 24 h

	// MaxEjectionPercent stops ejections once ejected/members has reached it: 0 to 100. With 0 nothing
	// is ejected; with 1 one backend may be, however few there are. Nobody returns early because
	// other members leave.
	MaxEjectionPercent int

	ConsecutiveFailures int // that eject at once: 1 to 1,000; 0: off
	SuccessRate         SuccessRate
	FailurePercentage   FailurePercentage

	ActiveUnejects bool // a successful active check ends an ejection
}

// SuccessRate ejects a backend whose success rate in an interval is below the mean of the group's by
// more than a multiple of their standard deviation.
type SuccessRate struct {
	Enabled       bool
	MinimumHosts  int // that must have the volume: 1 to 10,000
	RequestVolume int // outcomes in the interval for a backend to be looked at: 1 to 1,000,000
	StdevFactor   int // the multiple in thousandths, 1900 being 1.9: 100 to 10,000
}

// FailurePercentage ejects a backend that fails in an interval as often as Threshold or more.
type FailurePercentage struct {
	Enabled       bool
	MinimumHosts  int // that must have the volume: 1 to 10,000
	RequestVolume int // outcomes in the interval for a backend to be looked at: 1 to 1,000,000
	Threshold     int // percent: 1 to 100
}

// Defaults returns Envoy's and gRPC's defaults, but for ActiveUnejects, which is off.
func Defaults() Settings {
	return Settings{
		Interval:            10 * time.Second,
		BaseEjectionTime:    30 * time.Second,
		MaxEjectionTime:     300 * time.Second,
		MaxEjectionPercent:  10,
		ConsecutiveFailures: 5,
		SuccessRate:         SuccessRate{Enabled: true, MinimumHosts: 5, RequestVolume: 100, StdevFactor: 1900},
		FailurePercentage:   FailurePercentage{MinimumHosts: 5, RequestVolume: 50, Threshold: 85},
	}
}

// The widest ranges of settings; a longer base ejection narrows that of the longest.
const (
	shortest     = 100 * time.Millisecond
	longest      = time.Hour
	longestEject = 24 * time.Hour

	maxFailures    = 1000
	maxHosts       = 10_000
	maxVolume      = 1_000_000
	minStdevFactor = 100
	maxStdevFactor = 10_000
)

// Validate returns nil, or an error that names every setting out of range and what is allowed. Rules
// that are off are held to it too, so that switching one on is never a surprise.
func (s Settings) Validate() error {
	base := within("base_ejection_time", s.BaseEjectionTime, shortest, longest)
	least := shortest
	if base == nil {
		least = s.BaseEjectionTime
	}
	return errors.Join(
		within("interval", s.Interval, shortest, longest),
		base,
		within("max_ejection_time", s.MaxEjectionTime, least, longestEject),
		within("max_ejection_percent", s.MaxEjectionPercent, 0, 100),
		within("consecutive_failures", s.ConsecutiveFailures, 0, maxFailures),
		within("success_rate_minimum_hosts", s.SuccessRate.MinimumHosts, 1, maxHosts),
		within("success_rate_request_volume", s.SuccessRate.RequestVolume, 1, maxVolume),
		within("success_rate_stdev_factor", s.SuccessRate.StdevFactor, minStdevFactor, maxStdevFactor),
		within("failure_percentage_minimum_hosts", s.FailurePercentage.MinimumHosts, 1, maxHosts),
		within("failure_percentage_request_volume", s.FailurePercentage.RequestVolume, 1, maxVolume),
		within("failure_percentage_threshold", s.FailurePercentage.Threshold, 1, 100),
	)
}

func within[T int | time.Duration](name string, value, low, high T) error {
	if low <= value && value <= high {
		return nil
	}
	return fmt.Errorf("%s is %v; allowed: %v to %v", name, value, low, high)
}
