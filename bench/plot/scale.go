package plot

import (
	"math"
	"slices"
)

// Scale says where values stand on an axis: Low at the pixel From and High at To, linear or logarithmic.
// For a logarithmic one Low must be above 0, and High above Low for both.
type Scale struct {
	Low, High float64
	Log       bool
	From, To  float64 // pixels; From may be the larger one, as it is on an axis upwards
}

// At is where a value stands. One outside of the scale stands at its end.
func (s Scale) At(v float64) float64 {
	v = min(max(v, s.Low), s.High)
	share := (v - s.Low) / (s.High - s.Low)
	if s.Log {
		share = math.Log(v/s.Low) / math.Log(s.High/s.Low)
	}
	return s.From + share*(s.To-s.From)
}

// Fit gives a scale on which all values have their place, with ends that are ticks. A linear one begins
// at 0 or below, so that lengths on it compare; a logarithmic one leaves out what is not above 0.
func Fit(values []float64, log bool, from, to float64) Scale {
	if log {
		values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v <= 0 })
	}
	if len(values) == 0 {
		return Scale{Low: 1, High: 10, Log: log, From: from, To: to}
	}
	low, high := slices.Min(values), slices.Max(values)
	s := Scale{Log: log, From: from, To: to}
	if log {
		s.Low, s.High = roundDown(low), roundUp(high)
		if s.Low == s.High {
			s.High *= 10
		}
		return s
	}
	step := stepOf(max(high, 0) - min(low, 0))
	s.Low, s.High = step*math.Floor(min(low, 0)/step), step*math.Ceil(max(high, 0)/step)
	if s.Low == s.High {
		s.High = s.Low + step
	}
	return s
}

// Ticks are the values to mark: round ones, in rising order.
func (s Scale) Ticks() (ticks []float64) {
	if !s.Log {
		step := stepOf(s.High - s.Low)
		first, last := math.Ceil(s.Low/step-rounding), math.Floor(s.High/step+rounding)
		for n := int(first); n <= int(last); n++ {
			ticks = append(ticks, float64(n)*step)
		}
		return ticks
	}
	steps := round
	if s.High/s.Low > fewDecades {
		steps = []float64{1}
	}
	for decade := powerBelow(s.Low); decade <= s.High; decade *= 10 {
		for _, step := range steps {
			if v := decade * step; v >= s.Low*(1-rounding) && v <= s.High*(1+rounding) {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// round are the round numbers of each decade.
var round = []float64{1, 2, 5}

const (
	fewDecades = 500  // up to here a logarithmic scale is marked at 1, 2 and 5, beyond it at 1 alone
	fewSteps   = 6    // ticks of a linear scale, about
	rounding   = 1e-9 // what two values that are the same may differ by
)

// stepOf is a round distance between the ticks of a linear scale as long as that.
func stepOf(length float64) float64 {
	if length <= 0 {
		return 1
	}
	return roundUp(length / fewSteps)
}

func roundUp(v float64) float64 {
	decade := powerBelow(v)
	for _, step := range append(slices.Clone(round), 10) {
		if decade*step >= v*(1-rounding) {
			return decade * step
		}
	}
	return decade * 10
}

func roundDown(v float64) float64 {
	decade := powerBelow(v)
	for _, step := range slices.Backward(round) {
		if decade*step <= v*(1+rounding) {
			return decade * step
		}
	}
	return decade
}

// powerBelow is the greatest power of ten that is not above v.
func powerBelow(v float64) float64 { return math.Pow(10, math.Floor(math.Log10(v)+rounding)) }
