package outlier

// tally is a number of outcomes.
type tally struct{ ok, failed uint32 }

func (t tally) total() int { return int(t.ok) + int(t.failed) }

func (t tally) plus(u tally) tally { return tally{t.ok + u.ok, t.failed + u.failed} }

// rate is the percentage of successes, 0 to 100, as in Envoy; t must not be empty.
func (t tally) rate() float64 { return 100 * float64(t.ok) / float64(t.total()) }

// failing tells whether failures make up that percentage or more.
func (t tally) failing(percent int) bool { return 100*int(t.failed) >= percent*t.total() }

// window is the outcomes of the interval that runs and of the one before.
type window struct{ now, before tally }

func (w window) both() tally { return w.now.plus(w.before) }

func (w *window) roll() { w.before, w.now = w.now, tally{} }
