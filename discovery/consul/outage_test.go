package consul

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/consul/api"
)

// rest is one that waits after a failure with a delay of a minute; it says how long that took.
func rest(ctx context.Context, o *outage, askers int, early *bucket) time.Duration {
	began := time.Now()
	o.wait(ctx, time.Minute, askers, early, nil)
	return time.Since(began)
}

// TestAnswerWakes has somebody answered while a thousand wait: all ask again within a second, and not
// at one moment.
func TestAnswerWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const askers = 1000
		o := newOutage()
		took := make(chan time.Duration, askers)
		for range askers {
			go func() {
				early := early(time.Minute)
				took <- rest(t.Context(), o, askers, &early)
			}()
		}
		synctest.Wait()
		o.answered()
		var first, last time.Duration = time.Hour, 0
		for range askers {
			d := <-took
			first, last = min(first, d), max(last, d)
		}
		if last > time.Second || last-first < time.Second/2 {
			t.Errorf("woken after %v to %v, want it spread over up to a second", first, last)
		}
		if waiting := o.waiting.Load(); waiting != 0 {
			t.Errorf("%d count as waiting, want none", waiting)
		}
	})
}

// TestWakingForNothingIsBounded has one that fails on, whoever else is answered.
func TestWakingForNothingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, early := newOutage(), early(15*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go func() { // another that is answered all the time
			for pace := time.NewTicker(10 * time.Millisecond); ; {
				select {
				case <-pace.C:
					o.answered()
				case <-ctx.Done():
					return
				}
			}
		}()
		attempts := 0
		for ; ctx.Err() == nil; attempts++ {
			rest(ctx, o, 10, &early)
		}
		if attempts < 3 || attempts > 8 {
			t.Errorf("%d attempts in a minute, want 3, and one in 15 s", attempts)
		}
	})
}

func TestEndAndRenewalEndAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, early := newOutage(), early(time.Minute)
		renewed := make(chan struct{})
		close(renewed)
		began := time.Now()
		o.wait(t.Context(), time.Minute, 1, &early, renewed)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		o.wait(ctx, time.Minute, 1, &early, nil)
		if took := time.Since(began); took > 0 {
			t.Errorf("waited for %v, want not at all", took)
		}
	})
}

// TestLookoutKnocks holds how often it asks after failures that have lasted.
func TestLookoutKnocks(t *testing.T) {
	const soon, late = 750 * time.Millisecond, 15 * time.Second
	for _, test := range []struct {
		name string
		err  error
		most time.Duration
	}{
		{"no connection", errors.New("connection refused"), soon},
		{"no leader", api.StatusError{Code: http.StatusInternalServerError}, soon},
		{"too many requests", api.StatusError{Code: http.StatusTooManyRequests}, soon},
		{"nonsense", errBodyTooLarge, soon},
		{"forbidden", api.StatusError{Code: http.StatusForbidden}, late},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, err := Config{}.withDefaults()
			must(t, err)
			p, longest := &Provider{config: config}, time.Duration(0)
			for range 1000 {
				longest = max(longest, p.untilNextLook(1000, test.err))
			}
			if longest > test.most || longest < test.most*9/10 {
				t.Errorf("the longest pause of 1,000 is %v, want at most %v, and close to it", longest, test.most)
			}
		})
	}
}
