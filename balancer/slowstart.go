package balancer

import (
	"math"
	"time"
)

// fullRamp is the ramp of a backend that is not in slow start, in percent of its weight.
const fullRamp = 100

// ramp is the percentage of its weight that a backend has which became healthy that long ago.
func (s SlowStart) ramp(healthy time.Duration) uint8 {
	if s.Window == 0 || healthy >= s.Window {
		return fullRamp
	}
	least := s.MinPercent
	if least == 0 {
		least = defaultMinRamp
	}
	aggression := s.Aggression
	if aggression == 0 {
		aggression = 1
	}
	grown := 100 * math.Pow(max(0, healthy.Seconds())/s.Window.Seconds(), 1/aggression)
	return uint8(max(float64(least), min(grown, fullRamp), 1))
}
