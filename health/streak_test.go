package health

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// In the tables below, + is a success, - a failure, H and U are marks; verdicts are ? o x.
func TestStreak(t *testing.T) {
	tests := []struct {
		name       string
		rise, fall int
		events     string
		verdicts   string
	}{
		{"one of each decides", 1, 1, "+-+-", "oxox"},
		{"first success decides", 3, 3, "+", "o"},
		{"unknown until enough failures", 1, 3, "---", "??x"},
		{"a success among the first failures", 3, 3, "--+--", "??ooo"},
		{"rise", 2, 1, "+-+-++", "oxxxxo"},
		{"fall", 1, 3, "+--+---+", "oooooox" + "o"},
		{"alternating never turns it", 2, 2, "+-+-+-+", "ooooooo"},
		{"marked down, rises as usual", 2, 3, "+U++", "oxxo"},
		{"marked up, falls as usual", 2, 3, "---H---", "??xooox"},
		{"marked before any probe", 1, 2, "U+H--", "xoo" + "ox"},
	}
	for _, tt := range tests {
		var s streak
		var got strings.Builder
		for _, event := range tt.events {
			switch event {
			case 'H', 'U':
				s = s.marked(event == 'H')
			default:
				s = s.next(event == '+', tt.rise, tt.fall)
			}
			got.WriteByte("?ox"[s.verdict])
		}
		if got.String() != tt.verdicts {
			t.Errorf("%s: %s gives %s, want %s", tt.name, tt.events, got.String(), tt.verdicts)
		}
	}
}

// The verdict turns only where the definition of rise and fall, written down over the whole history,
// says so.
func TestStreakFollowsTheHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rise := rapid.IntRange(1, 5).Draw(t, "rise")
		fall := rapid.IntRange(1, 5).Draw(t, "fall")
		history := rapid.SliceOfN(rapid.Bool(), 1, 60).Draw(t, "history")
		var s streak
		for i, ok := range history {
			before := s.verdict
			s = s.next(ok, rise, fall)
			run := trailing(history[:i+1])
			want := before
			switch {
			case ok && (before == Unknown || run >= rise):
				want = OK
			case !ok && run >= fall:
				want = Failed
			}
			if s.verdict != want {
				t.Fatalf("after %v: %v, want %v", history[:i+1], s.verdict, want)
			}
			if wantFailed := map[bool]int{true: 0, false: run}[ok]; s.failed != wantFailed {
				t.Fatalf("after %v: %d failures in a row, want %d", history[:i+1], s.failed, wantFailed)
			}
		}
	})
}

// trailing counts how many results at the end equal the last one.
func trailing(history []bool) int {
	n, last := 0, history[len(history)-1]
	for i := len(history) - 1; i >= 0 && history[i] == last; i-- {
		n++
	}
	return n
}
