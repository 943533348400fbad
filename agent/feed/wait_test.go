package feed_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

func TestWait(t *testing.T) {
	tests := []struct {
		name  string
		index uint64           // to pass; the service "a" starts at 2
		act   func(c *catalog) // one second into the wait
		want  uint64           // index of the answer, 0: unknown service
		after time.Duration
	}{
		{"already past", 1, nil, 2, 0},
		{"no index", 0, nil, 2, 0},
		{"a change", 2, func(c *catalog) { c.set("a") }, 3, time.Second},
		{"a change that is not enough", 3, func(c *catalog) { c.set("a") }, 3, 10 * time.Second},
		{"another service", 2, func(c *catalog) { c.set("b") }, 2, 10 * time.Second},
		{"no change", 2, nil, 2, 10 * time.Second},
		{"removal", 2, func(c *catalog) { c.remove("a") }, 0, time.Second},
		{
			"the numbering begins anew", 9,
			func(c *catalog) { c.mu.Lock(); c.index = 0; c.mu.Unlock(); c.set("a") },
			1, time.Second,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCatalog()
				c.set("b")
				c.set("a")
				if test.act != nil {
					time.AfterFunc(time.Second, func() { test.act(c) })
				}
				start := time.Now()
				group, err := c.hub.Wait(t.Context(), "a", test.index, 10*time.Second)
				if test.want == 0 {
					wantUnknown(t, err)
				} else if err != nil || group.Index != test.want {
					t.Errorf("Wait = index %d, %v, want index %d", group.Index, err, test.want)
				}
				if took := time.Since(start); took != test.after {
					t.Errorf("it answered after %v, want %v", took, test.after)
				}
			})
		})
	}
}

func TestWaitForAnUnknownServiceAnswersAtOnce(t *testing.T) {
	_, err := newCatalog().hub.Wait(t.Context(), "nobody", 5, time.Hour)
	wantUnknown(t, err)
}

func TestWaitAnswersWithWhatIsWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCatalog()
		index := c.set("a", backend("1:1"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		group, err := c.hub.Wait(ctx, "a", index, time.Hour)
		if err != nil || len(group.Backends) != 1 {
			t.Errorf("Wait = %d backends, %v, want 1", len(group.Backends), err)
		}
	})
}

func wantUnknown(t *testing.T, err error) {
	t.Helper()
	var problem *wire.Problem
	if !errors.As(err, &problem) || problem.Code != wire.CodeUnknownService {
		t.Errorf("error = %v, want the code %s", err, wire.CodeUnknownService)
	}
}
