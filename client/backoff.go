package client

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

// The waits between tries: the first comes soon, as an agent restarts in a fraction of a second, and
// the longest bounds what a thousand processes cost an agent that is coming back.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 3 * time.Second
)

// backoff counts tries that failed, for waits with full jitter: anything between nothing and a bound that
// doubles, so that processes that lost their agent together do not come back together (Brooker,
// "Exponential Backoff and Jitter", 2015). The zero value is ready.
type backoff struct {
	failed  int
	longest time.Duration // of the waits; 0: longestWait
}

func (b *backoff) next() time.Duration {
	b.failed++
	return jittered(b.failed, rand.Float64(), cmp.Or(b.longest, longestWait))
}

// jittered is the wait after so many failures in a row, for a random number from [0, 1).
func jittered(failed int, random float64, longest time.Duration) time.Duration {
	bound := longest
	if doublings := failed - 1; doublings < 16 {
		bound = min(firstWait<<doublings, longest)
	}
	return time.Duration(random * float64(bound))
}

// pause waits and tells whether ctx still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
