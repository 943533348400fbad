package discovery

import "time"

// freshness is how well one watch of a service, or one list of services, is doing. It keeps the sums
// of its provider right, so that reading them costs nothing in proportion to services. Guarded by the
// lock of its owner.
type freshness struct {
	provider *provider

	live     bool // between start and stop
	service  bool // a watch, not a list
	required bool // the agent is not ready without it
	known    bool // has answered with data
	failing  bool // the last attempt failed: what is known is stale
	recalled bool // there was no attempt yet: what is known is from before a restart, which counts as failing

	answered time.Time // the last completed answer
	err      error     // of the last attempt; nil after an answer
	updates  uint64
	errors   uint64
	dropped  uint64
}

// sums is what a freshness adds to those of its provider.
type sums struct {
	services, unready, stale int
}

func (f *freshness) sums() sums {
	if !f.live {
		return sums{}
	}
	return sums{
		services: count(f.service),
		unready:  count(f.required && !f.known),
		stale:    count(f.failing),
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// change edits the flags and corrects the provider's sums in one step.
func (f *freshness) change(edit func()) {
	before := f.sums()
	edit()
	f.provider.adjust(before, f.sums())
}

// answer notes what the catalog completed at a moment, and says whether that ended a failure.
func (f *freshness) answer(at time.Time) (recovered bool) {
	recovered = f.failing
	f.answered, f.err, f.recalled = at, nil, false
	f.provider.noteAnswer(at)
	if recovered || !f.known {
		f.change(func() { f.known, f.failing = true, false })
	}
	return recovered
}

// recall notes what the catalog completed at a moment in the past, though it can't be asked now, and
// says whether that is the first failure in a row.
func (f *freshness) recall(at time.Time, err error) (first bool) {
	f.answered = at
	f.provider.noteMemory(at)
	first = f.fail(err)
	if !f.known {
		f.change(func() { f.known = true })
	}
	return first
}

// fail notes a failed attempt and says whether it is the first in a row.
func (f *freshness) fail(err error) (first bool) {
	first = !f.failing || f.recalled
	f.recalled = false
	f.provider.noteError(err, sameError(f.err, err))
	f.err = err
	f.errors++
	if first {
		f.change(func() { f.failing = true })
	}
	return first
}

// age is the time since the last completed answer; zero before the first and for a catalog inside
// this process, which is never out of date.
func (f *freshness) age(now time.Time) time.Duration {
	if f.answered.IsZero() || f.provider.local != nil {
		return 0
	}
	return now.Sub(f.answered)
}
