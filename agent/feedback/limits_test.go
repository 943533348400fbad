package feedback

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAllowance(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	limits := Limits{PerSecond: 10, Burst: 3, UIDs: 2}
	type step struct {
		after time.Duration // since the step before
		uid   uint32
		times int
		want  int
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"a burst", []step{{0, 1, 5, 3}}},
		{"it refills", []step{{0, 1, 3, 3}, {99 * time.Millisecond, 1, 1, 0}, {time.Millisecond, 1, 2, 1}}},
		{"up to a burst", []step{{0, 1, 3, 3}, {time.Hour, 1, 9, 3}}},
		{"each uid has its own", []step{{0, 1, 9, 3}, {0, 2, 9, 3}}},
		{"too many uids share one", []step{{0, 1, 1, 1}, {0, 2, 1, 1}, {0, 3, 2, 2}, {0, 4, 2, 1}, {0, 1, 9, 2}}},
		{"the clock goes back", []step{{0, 1, 3, 3}, {-time.Hour, 1, 1, 0}, {time.Hour + time.Second, 1, 9, 3}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, now := newAllowances(limits, start), start
			for i, s := range test.steps {
				now = now.Add(s.after)
				got := 0
				for range s.times {
					if a.spend(s.uid, now) {
						got++
					}
				}
				if got != s.want {
					t.Errorf("step %d: %d of %d were admitted, want %d", i, got, s.times, s.want)
				}
			}
		})
	}
}

// TestAllowancesAreForgotten when they are whole, and not before.
func TestAllowancesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := newFeedback(Options{Limits: Limits{PerSecond: 1, Burst: 15, UIDs: 1}})
		defer run(t, f)()
		if n := report(f, "web", "a", 1, true, 20); n != 15 {
			t.Errorf("%d of 20 were admitted, want 15", n)
		}
		pass(11 * time.Second)
		if n := report(f, "web", "a", 1, true, 20); n != 11 {
			t.Errorf("%d of 20 were admitted, want the 11 of 11 seconds", n)
		}
		pass(30 * time.Second)
		f.allowances.mu.Lock()
		defer f.allowances.mu.Unlock()
		if len(f.allowances.uids) != 0 {
			t.Error("the uid is remembered with a whole allowance")
		}
	})
}
