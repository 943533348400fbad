package damping

import "time"

// Settings are what damping can be told. They must make sense: nothing negative, BaseHold no longer than
// MaxHold.
type Settings struct {
	Changes  int           // as many changes of state within Window are endured
	Window   time.Duration // above 0
	BaseHold time.Duration // of the first hold
	MaxHold  time.Duration // of the longest, and the time after which holds are forgotten
}

// hold is how long the hold after so many others is.
func (s Settings) hold(before int) time.Duration {
	length := s.BaseHold
	for range before {
		if length >= s.MaxHold/2 {
			return s.MaxHold
		}
		length *= 2
	}
	return min(length, s.MaxHold)
}

// endured tells whether so many changes in that time are no more than Settings allow. One always is: a
// backend that was caught when it was down has to change to be well.
func (s Settings) endured(changes int, over time.Duration) bool {
	return changes <= 1 || float64(changes)*s.Window.Seconds() <= float64(s.Changes)*over.Seconds()
}

// room is how many of so many members may be held down.
func room(members int) int { return members / 3 }
