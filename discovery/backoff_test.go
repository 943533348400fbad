package discovery_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
)

func TestBackoffDelay(t *testing.T) {
	b := discovery.DefaultBackoff
	tests := []struct {
		name    string
		attempt int
		random  float64
		want    time.Duration
	}{
		{"nothing is a delay too", 0, 0, 0},
		{"half of the first ceiling", 0, 0.5, 125 * time.Millisecond},
		{"the ceiling doubles", 1, 0.5, 250 * time.Millisecond},
		{"and doubles again", 4, 0.5, 2 * time.Second},
		{"the last below the cap", 5, 0.5, 4 * time.Second},
		{"the cap", 6, 0.5, 7500 * time.Millisecond},
		{"no overflow", 62, 0.5, 7500 * time.Millisecond},
		{"never gives up", math.MaxInt, 0.5, 7500 * time.Millisecond},
		{"a negative attempt is the first", -1, 0.5, 125 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := b.Delay(tt.attempt, tt.random); got != tt.want {
				t.Errorf("Delay(%d, %v) = %v, want %v", tt.attempt, tt.random, got, tt.want)
			}
		})
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := discovery.Sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != time.Minute {
			t.Errorf("slept %v, want a minute", got)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := discovery.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
		if got := time.Since(start); got != time.Minute+time.Second {
			t.Errorf("slept %v, want to be woken by the context", got)
		}
		if err := discovery.Sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v for a context that has ended", err)
		}
	})
}
