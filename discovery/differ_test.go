package discovery

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestDiffer holds that the question whether lists differ has the answer that Compare gives.
func TestDiffer(t *testing.T) {
	lists := rapid.SliceOfNDistinct(rapid.IntRange(0, 11), 0, 6, func(n int) int { return n % 6 })
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (endpoints []Endpoint) {
			for _, n := range lists.Draw(t, label) { // twelve endpoints at six addresses
				endpoints = append(endpoints, Endpoint{Address: fmt.Sprint("h:", n%6), Weight: n / 6})
			}
			return endpoints
		}
		a, b := draw("before"), draw("after")
		if got, want := differ(a, b), !Compare(a, b).Empty(); got != want {
			t.Fatalf("%v and %v differ: %v, want %v", a, b, got, want)
		}
	})
}
