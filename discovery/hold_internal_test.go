package discovery

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// listOf makes a list of members with one-letter names.
func listOf(names string) (list []Endpoint) {
	for _, name := range names {
		list = append(list, Endpoint{Address: string(name), Weight: 1})
	}
	return list
}

func namesOf(held []Held) string {
	var b strings.Builder
	for _, h := range held {
		b.WriteString(h.Endpoint.Address)
	}
	return b.String()
}

// TestWithdrawals plays lists that follow each other, a member a letter, and says who is held after each.
func TestWithdrawals(t *testing.T) {
	type change struct {
		after time.Duration // since the change before
		list  string
		held  string // in the order in which they left
	}
	const s = time.Second
	tests := []struct {
		name    string
		changes []change
	}{
		{"all at once", []change{{0, "abc", ""}, {s, "", "abc"}}},
		{"the only one", []change{{0, "a", ""}, {s, "", "a"}}},
		{"both of two", []change{{0, "ab", ""}, {s, "", "ab"}}},
		{"one of two", []change{{0, "ab", ""}, {s, "b", ""}}},
		{"one of three", []change{{0, "abc", ""}, {s, "bc", ""}}},
		{"two of three", []change{{0, "abc", ""}, {s, "c", "ab"}}},
		{"half of four", []change{{0, "abcd", ""}, {s, "cd", "ab"}}},
		{"less than half of five", []change{{0, "abcde", ""}, {s, "cde", ""}}},
		{"half of four, one by one", []change{{0, "abcd", ""}, {s, "bcd", ""}, {10 * s, "cd", "ab"}}},
		{"half of four, too slowly", []change{{0, "abcd", ""}, {s, "bcd", ""}, {10*s + 1, "cd", ""}}},
		{"one by one, to the end", []change{{0, "abcd", ""}, {s, "bcd", ""}, {s, "cd", "ab"}, {s, "d", "abc"}, {s, "", "abcd"}}},
		{"the last one, long after the others", []change{{0, "abc", ""}, {s, "bc", ""}, {time.Hour, "c", ""}, {time.Hour, "", "c"}}},
		{"until the hold is over", []change{{0, "abc", ""}, {s, "", "abc"}, {time.Minute - 1, "", "abc"}, {1, "", ""}}},
		{"each for its own time", []change{{0, "abc", ""}, {s, "bc", ""}, {5 * s, "c", "ab"}, {55 * s, "c", "b"}, {5 * s, "c", ""}}},
		{"listed again", []change{{0, "abcd", ""}, {s, "", "abcd"}, {s, "bd", "ac"}, {s, "abcd", ""}}},
		{"listed again, and then one leaves", []change{{0, "abcd", ""}, {s, "", "abcd"}, {s, "abcd", ""}, {s, "bcd", ""}}},
		{"one that flaps", []change{{0, "abc", ""}, {s, "bc", ""}, {s, "abc", ""}, {s, "bc", ""}, {s, "abc", ""}, {s, "bc", ""}}},
		{"replaced by as many", []change{{0, "abc", ""}, {s, "def", "abc"}}},
		{"replaced by more", []change{{0, "abc", ""}, {s, "defg", ""}}},
		{"replaced by more, in two steps", []change{{0, "abc", ""}, {s, "abcdefg", ""}, {s, "defg", ""}}},
		{"the only one, replaced", []change{{0, "a", ""}, {s, "b", ""}}},
		{"nothing to begin with", []change{{0, "", ""}, {s, "a", ""}}},
		{"no change", []change{{0, "abc", ""}, {s, "", "abc"}, {s, "", "abc"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w withdrawals
			var now time.Time
			var before []Endpoint
			for i, c := range tt.changes {
				now = now.Add(c.after)
				after := listOf(c.list)
				if i > 0 {
					w.step(Compare(before, after), len(after), nil, time.Minute, now)
				}
				before = after
				if got := namesOf(w.list(time.Minute)); got != c.held {
					t.Fatalf("after change %d to %q, %q are held, want %q", i, c.list, got, c.held)
				}
			}
		})
	}
}

func TestWithdrawalsThatAreMeant(t *testing.T) {
	var w withdrawals
	now := time.Time{}.Add(time.Hour)
	w.step(Compare(listOf("abc"), nil), 0, map[string]bool{"a": true, "c": true}, time.Minute, now)
	if got := namesOf(w.list(time.Minute)); got != "b" {
		t.Errorf("%q are held, want only what a catalog withdrew, b", got)
	}
	w.obey([]order{{address: "x"}})
	if got := namesOf(w.list(time.Minute)); got != "b" {
		t.Errorf("%q are held after an order about another", got)
	}
	w.obey([]order{{address: "b"}})
	if got := namesOf(w.list(time.Minute)); got != "" {
		t.Errorf("%q are held after an order to send it away", got)
	}
	w.step(Compare(listOf("abc"), nil), 0, nil, 0, now)
	if got := namesOf(w.list(0)); got != "" {
		t.Errorf("%q are held where nothing is to be", got)
	}
}

// TestWithdrawalsAreBounded lets a catalog make up members without end.
func TestWithdrawalsAreBounded(t *testing.T) {
	var w withdrawals
	var now time.Time
	var before []Endpoint
	most := 0
	for i := range 500 {
		var after []Endpoint
		for n := range 20 {
			after = append(after, Endpoint{Address: fmt.Sprintf("%d-%d", i, n)})
		}
		now = now.Add(100 * time.Millisecond)
		w.step(Compare(before, after), len(after), nil, time.Hour, now)
		before = after
		most = max(most, len(w.recent))
	}
	if most != fewestHeld {
		t.Errorf("up to %d are held, want the bound, %d", most, fewestHeld)
	}
}

// TestWithdrawalsProperties holds what must be true after any sequence of lists: who is held is not
// listed, was listed, and is held no longer than the hold lasts; and where nothing is listed, all that
// left in the last ten seconds are held.
func TestWithdrawalsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w withdrawals
		var now time.Time
		before := listOf("abcdef")
		left := map[string]time.Time{}
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
			after := listOf(string(rapid.SliceOfNDistinct(rapid.SampledFrom([]rune("abcdef")), 0, 6, rapid.ID[rune]).Draw(t, "list")))
			diff := Compare(before, after)
			w.step(diff, len(after), nil, time.Minute, now)
			for _, e := range diff.Removed {
				left[e.Address] = now
			}
			for _, e := range diff.Added {
				delete(left, e.Address)
			}
			before = after
			held := w.list(time.Minute)
			if !slices.IsSortedFunc(held, func(a, b Held) int { return a.Until.Compare(b.Until) }) {
				t.Fatal("who is held is not in the order in which that ends")
			}
			is := map[string]bool{}
			for _, h := range held {
				is[h.Endpoint.Address] = true
				at, gone := left[h.Endpoint.Address]
				if !gone || !at.Equal(h.Since) || now.Sub(at) >= time.Minute {
					t.Fatalf("%+v is held at %v", h, now)
				}
			}
			for address, at := range left {
				if len(after) == 0 && len(diff.Removed) > 0 && now.Sub(at) <= withdrawalWindow && !is[address] {
					t.Fatalf("%s left at %v, nothing is listed, and it is not held", address, at)
				}
			}
		}
	})
}
