package health

import "time"

// All times here are monotonic: the time since the checker was made. r is random in [0, 1).

// jitter is how far a round may deviate from its interval, either way, as a part of it.
const jitter = 0.1

// Probes fall due on a grid of a twentieth of their interval, at most maxGrain, so that one wake-up
// starts many: at a thousand probes a second, waking up for each costs as much as the probes do.
const maxGrain = 50 * time.Millisecond

func grain(interval time.Duration) time.Duration { return min(interval/20, maxGrain) }

// onGrid is the first time on the grid that is not before due.
func onGrid(due, interval time.Duration) time.Duration {
	g := grain(interval)
	return (due + g - 1).Truncate(g)
}

// secondRound is when a target that was first probed just now is due again: anywhere in the interval,
// so that targets that came together spread evenly over it.
func secondRound(now, interval time.Duration, r float64) time.Duration {
	return onGrid(now+time.Duration(r*float64(interval)), interval)
}

// nextRound is when a probe that was due at due, began at began and ended now is due again. Rounds
// count from when the probe was due, not from when it began, so that the spread outlives a moment of
// overload. Rounds that lie in the past, or follow a late probe by less than half an interval, are
// skipped.
func nextRound(due, began, now, interval time.Duration, r float64) time.Duration {
	next := due + time.Duration((1-jitter+2*jitter*r)*float64(interval)) - grain(interval)/2
	earliest := max(now, began+interval/2)
	if late := earliest - next; late > 0 {
		next += (late + interval - 1) / interval * interval
	}
	return onGrid(next, interval)
}

// joined is when a probe is due once one more service shares it: now, for the new one's sake, but
// not sooner than a tenth of the interval after it last began, however many come.
func joined(due, began, now, interval time.Duration) time.Duration {
	return min(due, max(now, began+interval/10))
}

// suspended says that a probe took so much longer than its timeout that it was this process that did
// not run: stopped, swapped out, or starved of CPU.
func suspended(took, timeout time.Duration) bool {
	return took > 2*timeout+time.Second
}

// slowSlots is how many of the slots targets that time out may hold: half, but never none.
func slowSlots(slots int) int { return max(slots/2, 1) }

// unsureSlots is how many of the slots they and targets that have never been probed may hold together:
// three quarters, but never none. New targets need not wait behind a rack that is dark, and when they
// turn out to be dark themselves, those that answer still have a quarter.
func unsureSlots(slots int) int { return max(slots*3/4, 1) }
