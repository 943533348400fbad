package health

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

func TestSecondRound(t *testing.T) {
	tests := []struct {
		now, interval time.Duration
		r             float64
		want          time.Duration
	}{
		{now: 3 * sec, interval: 10 * sec, r: 0, want: 3 * sec},
		{now: 3 * sec, interval: 10 * sec, r: 0.5, want: 8 * sec},
		{now: 3 * sec, interval: 10 * sec, r: 0.9999, want: 13 * sec},
		{now: 3 * sec, interval: 10 * sec, r: 0.501, want: 8050 * ms}, // on a grid of 50 ms
		{now: 0, interval: 100 * ms, r: 0.501, want: 55 * ms},         // on a grid of 5 ms
	}
	for _, tt := range tests {
		if got := secondRound(tt.now, tt.interval, tt.r); got != tt.want {
			t.Errorf("secondRound(%v, %v, %v) = %v, want %v", tt.now, tt.interval, tt.r, got, tt.want)
		}
	}
}

func TestNextRound(t *testing.T) {
	tests := []struct {
		name                      string
		due, began, now, interval time.Duration
		r                         float64
		want                      time.Duration
	}{
		{"on time", 10 * sec, 10 * sec, 10 * sec, 5 * sec, 0.5, 15 * sec},
		{"earliest", 10 * sec, 10 * sec, 10 * sec, 5 * sec, 0, 14500 * ms},
		{"latest", 10 * sec, 10 * sec, 10 * sec, 5 * sec, 0.9999, 15500 * ms},
		{"a slow answer does not move the next round", 10 * sec, 10 * sec, 13 * sec, 5 * sec, 0.5, 15 * sec},
		{"a late start does not either", 10 * sec, 12 * sec, 12 * sec, 5 * sec, 0.5, 15 * sec},
		{"too soon after a late start", 10 * sec, 13 * sec, 13 * sec, 5 * sec, 0.5, 20 * sec},
		{"missed rounds are skipped", 10 * sec, 33 * sec, 33 * sec, 5 * sec, 0.5, 40 * sec},
		{"longer than its interval", 10 * sec, 10 * sec, 17 * sec, 5 * sec, 0.5, 20 * sec},
	}
	for _, tt := range tests {
		if got := nextRound(tt.due, tt.began, tt.now, tt.interval, tt.r); got != tt.want {
			t.Errorf("%s: nextRound = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// However late a probe was and however long it took, the next one is due half an interval later at
// the soonest, and not more than one interval after that.
func TestNextRoundIsNeverABurst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.Int64Range(int64(MinInterval), int64(MaxInterval)).Draw(t, "interval"))
		due := time.Duration(rapid.Int64Range(0, int64(MaxInterval)).Draw(t, "due"))
		began := due + time.Duration(rapid.Int64Range(0, int64(MaxInterval)).Draw(t, "late"))
		now := began + time.Duration(rapid.Int64Range(0, int64(MaxTimeout)).Draw(t, "took"))
		r := rapid.Float64Range(0, 0.999999).Draw(t, "r")
		next := nextRound(due, began, now, interval, r)
		allowed := max(now, began+interval/2)
		if next < allowed || next > allowed+interval+grain(interval) {
			t.Fatalf("next round at %v, want it within %v after %v", next, interval, allowed)
		}
	})
}

func TestJoined(t *testing.T) {
	tests := []struct {
		name                      string
		due, began, now, interval time.Duration
		want                      time.Duration
	}{
		{"at once", 15 * sec, 10 * sec, 12 * sec, 5 * sec, 12 * sec},
		{"not right after the last one", 15 * sec, 10 * sec, 10 * sec, 5 * sec, 10500 * ms},
		{"never later than it was due", 10 * sec, 5 * sec, 11 * sec, 5 * sec, 10 * sec},
	}
	for _, tt := range tests {
		if got := joined(tt.due, tt.began, tt.now, tt.interval); got != tt.want {
			t.Errorf("%s: joined = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestSuspended(t *testing.T) {
	tests := []struct {
		took, timeout time.Duration
		want          bool
	}{
		{took: 1 * sec, timeout: 1 * sec, want: false},
		{took: 1200 * ms, timeout: 1 * sec, want: false},
		{took: 3001 * ms, timeout: 1 * sec, want: true},
		{took: 900 * ms, timeout: 10 * ms, want: false}, // a busy machine, not a stopped process
		{took: time.Hour, timeout: 10 * ms, want: true},
	}
	for _, tt := range tests {
		if got := suspended(tt.took, tt.timeout); got != tt.want {
			t.Errorf("suspended(%v, %v) = %v, want %v", tt.took, tt.timeout, got, tt.want)
		}
	}
}

func TestShares(t *testing.T) {
	for slots, want := range map[int][2]int{1: {1, 1}, 2: {1, 1}, 3: {1, 2}, 4: {2, 3}, 64: {32, 48}} {
		if got := [2]int{slowSlots(slots), unsureSlots(slots)}; got != want {
			t.Errorf("of %d slots, %v for slow and unsure targets, want %v", slots, got, want)
		}
	}
}

func TestPeak(t *testing.T) {
	var p peak
	steps := []struct{ now, observe, want time.Duration }{
		{now: 10 * sec, observe: 7 * sec, want: 7 * sec},
		{now: 20 * sec, observe: 3 * sec, want: 7 * sec},
		{now: 70 * sec, observe: 2 * sec, want: 7 * sec},  // the window before still counts
		{now: 130 * sec, observe: 1 * sec, want: 2 * sec}, // it no longer does
		{now: 500 * sec, observe: 0, want: 0},
	}
	for _, s := range steps {
		p.observe(s.now, s.observe)
		if got := p.value(s.now); got != s.want {
			t.Errorf("at %v: peak = %v, want %v", s.now, got, s.want)
		}
	}
}
