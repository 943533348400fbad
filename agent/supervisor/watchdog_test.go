package supervisor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// watched is a notifier whose messages are kept with their times.
type watched struct {
	*Notifier
	log  *strings.Builder
	mu   sync.Mutex
	sent []time.Time
}

func newWatched() *watched {
	w := &watched{log: &strings.Builder{}}
	w.Notifier = NewNotifier(Environment{Notify: func(string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sent = append(w.sent, time.Now())
		return nil
	}}, hclog.New(&hclog.LoggerOptions{Output: w.log}))
	return w
}

func (w *watched) pings() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}

func TestWatchPingsWhileWorkSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute+time.Millisecond)
		defer cancel()
		err := w.Watch(ctx, 30*time.Second, func(context.Context) (string, error) { return "", nil })
		if err != nil || w.pings() != 7 { // one at once, and then every 10 s
			t.Errorf("%d pings in a minute, %v, want 7", w.pings(), err)
		}
	})
}

func TestWatchIsSilentWhileWorkFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		work := func(context.Context) (string, error) {
			if age := time.Since(began); age > time.Minute && age < 2*time.Minute {
				return "", errors.New("no answer")
			}
			return "", nil
		}
		if err := w.Watch(ctx, 30*time.Second, work); err != nil {
			t.Error(err)
		}
		longest := time.Duration(0)
		for i := 1; i < len(w.sent); i++ {
			longest = max(longest, w.sent[i].Sub(w.sent[i-1]))
		}
		if longest < time.Minute {
			t.Errorf("the longest silence was %v, want that of the failure", longest)
		}
		if got := strings.Count(w.log.String(), "no answer"); got != 1 {
			t.Errorf("the log says it %d times, want once", got)
		}
	})
}

// TestWatchIsSilentWhileWorkHangs: one kind of work obeys its context and the other does not.
func TestWatchIsSilentWhileWorkHangs(t *testing.T) {
	for name, deaf := range map[string]bool{"until its time is up": false, "for longer than that": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWatched()
				ctx, cancel := context.WithCancel(t.Context())
				release, done := make(chan struct{}), make(chan error, 1)
				go func() {
					done <- w.Watch(ctx, 30*time.Second, func(ctx context.Context) (string, error) {
						if deaf {
							<-release
							return "", nil
						}
						<-ctx.Done()
						return "", context.Cause(ctx)
					})
				}()
				time.Sleep(5 * time.Minute)
				if got := w.pings(); got != 0 {
					t.Errorf("%d pings", got)
				}
				close(release)
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if !deaf && !strings.Contains(w.log.String(), "longer than 10s") {
					t.Errorf("the log does not say why:\n%s", w.log)
				}
			})
		})
	}
}

func TestNoWatchdog(t *testing.T) {
	err := newWatched().Watch(t.Context(), 0, func(context.Context) (string, error) {
		t.Error("work without a watchdog")
		return "", nil
	})
	if err != nil {
		t.Error(err)
	}
}
