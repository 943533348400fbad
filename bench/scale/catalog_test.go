package main

import (
	"slices"
	"testing"
)

func TestParseSizes(t *testing.T) {
	got, err := parseSizes("10x100,1000x10")
	if want := []size{{10, 100}, {1000, 10}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("read as %v, %v; want %v", got, err, want)
	}
	for _, text := range []string{"", "10", "0x10", "10x-1", "10x10,"} {
		if got, err := parseSizes(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// Each change makes a difference, or the cost of changes would be divided by some that cost nothing.
func TestChangesDiffer(t *testing.T) {
	c := newChanges(size{2, 3})
	values := make(map[[2]int]string)
	for service := range 2 {
		for backend := range 3 {
			values[[2]int{service, backend}] = value(service, backend, state{weight: usualWeight})
		}
	}
	for range 1000 {
		service, backend, s := c.next()
		now := ""
		if !s.gone {
			now = value(service, backend, s)
		}
		key := [2]int{service, backend}
		if now == values[key] {
			t.Fatalf("backend %v is changed from %q to the same", key, now)
		}
		values[key] = now
	}
}

func TestAddressesDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for service := range 200 {
		for backend := range 100 {
			seen[address(service, backend)] = true
		}
	}
	if len(seen) != 20_000 {
		t.Errorf("20,000 backends have %d addresses", len(seen))
	}
}
