package config

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSuggest(t *testing.T) {
	names := []string{"round_robin", "least_connections", "tcp", "http", "id", "GET"}
	for given, want := range map[string]string{
		"round_robbin": "round_robin", "roundrobin": "round_robin", "ROUND_ROBIN": "round_robin", "least": "least_connections",
		"tpc": "tcp", "htp": "http", "https": "http", "get": "GET",
		"": "", "x": "", "grpc": "", "weighted": "", "di": "",
	} {
		if got := suggest(given, names); got != want {
			t.Errorf("suggest(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "", 1},
		{"", "ab", 2},
		{"abc", "abc", 0},
		{"abc", "acb", 1},
		{"abc", "axc", 1},
		{"ca", "abc", 3}, // of which the unrestricted distance makes 2
		{"kitten", "sitting", 3},
		{"é", "e", 1},
	} {
		if got := distance(tt.a, tt.b, 100); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestDistanceProperties(t *testing.T) {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abcé")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b, 100)
		if d != distance(b, a, 100) || (d == 0) != (a == b) || d > max(len([]rune(a)), len([]rune(b))) {
			t.Fatalf("distance %d between %q and %q", d, a, b)
		}
		if longer := distance(strings.Repeat("a", 100)+a, b, 3); longer != 3 {
			t.Fatalf("words too far apart have distance %d, want the limit", longer)
		}
	})
}
