package discovery

import (
	"context"
	"time"
)

// DefaultBackoff is what every retry in this package and its providers uses.
var DefaultBackoff = Backoff{Min: 250 * time.Millisecond, Max: 15 * time.Second}

// Backoff spaces out retries with exponential backoff and full jitter: a delay is spread evenly from
// nothing to a ceiling that doubles from Min to Max, so that a thousand agents whose registry comes
// back do not knock at the same moment. There is no last attempt.
//
// The algorithm is "full jitter" of Marc Brooker, "Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015. A Backoff is a value without state, safe to use concurrently.
type Backoff struct {
	Min time.Duration // the ceiling of the first delay
	Max time.Duration // the ceiling of all delays
}

// Delay says how long to wait before trying again after attempt failures, counted from 0. random is
// evenly distributed in [0, 1), as rand.Float64 of math/rand/v2 gives it.
func (b Backoff) Delay(attempt int, random float64) time.Duration {
	return time.Duration(random * float64(b.ceiling(attempt)))
}

func (b Backoff) ceiling(attempt int) time.Duration {
	switch {
	case attempt <= 0:
		return min(b.Min, b.Max)
	case attempt >= 63 || b.Min > b.Max>>attempt: // shifting Min could overflow, Max cannot
		return b.Max
	default:
		return b.Min << attempt
	}
}

// Sleep waits for d or until ctx ends; then it returns ctx's error.
func Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
