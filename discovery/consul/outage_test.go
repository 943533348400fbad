package consul

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// rest is one that waits after a failure with a delay of a minute; it says how long that took.
func rest(ctx context.Context, o *outage, askers int, err error, early *bucket) time.Duration {
	began := time.Now()
	o.wait(ctx, time.Minute, askers, err, early, nil)
	return time.Since(began)
}

var errDown = errors.New("connection refused")

func TestOneKnocksWhileMostWait(t *testing.T) {
	for _, test := range []struct {
		name            string
		waiting, askers int
		err             error
		knocks          int
	}{
		{"alone", 1, 1, errDown, 1},
		{"all of ten", 10, 10, errDown, 1},
		{"six of ten", 6, 10, errDown, 1},
		{"half", 5, 10, errDown, 0},
		{"one of two", 1, 2, errDown, 0},
		{"no leader", 3, 3, statusError{http.StatusInternalServerError, "No cluster leader"}, 1},
		{"too many requests", 3, 3, statusError{http.StatusTooManyRequests, ""}, 1},
		{"forbidden", 3, 3, statusError{http.StatusForbidden, "ACL not found"}, 0},
		{"filtered", 3, 3, errFiltered, 0},
		{"a body too large", 3, 3, errBodyTooLarge, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOutage(time.Second)
				took := make(chan time.Duration, test.waiting)
				for range test.waiting {
					go func() {
						early := early(time.Minute)
						took <- rest(t.Context(), o, test.askers, test.err, &early)
					}()
				}
				knocks := 0
				for range test.waiting {
					d := <-took
					switch {
					case d >= time.Second/2 && d <= time.Second:
						knocks++
					case d != time.Minute:
						t.Errorf("one waited for %v, want half a second to one, or a minute", d)
					}
				}
				if knocks != test.knocks {
					t.Errorf("%d knocked, want %d", knocks, test.knocks)
				}
			})
		})
	}
}

// TestAnswerWakes has somebody answered while a thousand wait: all ask again within a second, and not
// at one moment.
func TestAnswerWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const askers = 1000
		o := newOutage(time.Second)
		took := make(chan time.Duration, askers)
		for range askers {
			go func() {
				early := early(time.Minute)
				took <- rest(t.Context(), o, 2*askers, errDown, &early)
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
		o, early := newOutage(time.Second), early(15*time.Second)
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
			rest(ctx, o, 10, errDown, &early)
		}
		if attempts < 3 || attempts > 8 {
			t.Errorf("%d attempts in a minute, want 3, and one in 15 s", attempts)
		}
	})
}

func TestEndAndRenewalEndAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, early := newOutage(time.Second), early(time.Minute)
		renewed := make(chan struct{})
		close(renewed)
		began := time.Now()
		o.wait(t.Context(), time.Minute, 1, errFiltered, &early, renewed)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		o.wait(ctx, time.Minute, 1, errFiltered, &early, nil)
		if took := time.Since(began); took > 0 {
			t.Errorf("waited for %v, want not at all", took)
		}
	})
}
