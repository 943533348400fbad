package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// writers is how many changes may be on their way at once.
const writers = 16

// load makes changes at an even rate for a time and returns how many took effect. A registry that is
// too slow for the rate gets fewer.
func load(ctx context.Context, r registry, rate int, span time.Duration) (made int, err error) {
	var (
		work    = make(chan func(context.Context) error, writers)
		workers sync.WaitGroup
		mu      sync.Mutex
	)
	for range writers {
		workers.Go(func() {
			for change := range work {
				failure := change(ctx)
				mu.Lock()
				if failure == nil {
					made++
				}
				err = errors.Join(err, failure)
				mu.Unlock()
			}
		})
	}
	paceErr := pace(ctx, rate, span, func() { work <- r.draw() })
	close(work)
	workers.Wait()
	if err := errors.Join(paceErr, err); err != nil {
		return made, fmt.Errorf("change the catalog: %w", err)
	}
	return made, nil
}

// pace calls f at an even rate; where it falls behind, it catches up.
func pace(ctx context.Context, rate int, span time.Duration, f func()) error {
	tick := time.NewTicker(max(time.Second/time.Duration(rate), 2*time.Millisecond))
	defer tick.Stop()
	start := time.Now()
	for done := 0; ; {
		elapsed := time.Since(start)
		for due := int(min(elapsed, span).Seconds() * float64(rate)); done < due; done++ {
			f()
		}
		if elapsed >= span {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
