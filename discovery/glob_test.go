package discovery

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		glob, name string
		want       bool
	}{
		{"web", "web", true},
		{"web", "web2", false},
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "team/web", true},
		{"api-*", "api-", true},
		{"api-*", "api-v1/x", true},
		{"api-*", "api", false},
		{"*/web", "team/sub/web", true},
		{"*/web", "web", false},
		{"?", "é", true},
		{"?", "", false},
		{"?", "ab", false},
		{"w?b", "web", true},
		{"w?b", "w/b", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"*a?", "aaa", true},
		{"[a-z]", "a", false},
		{"[a-z]", "[a-z]", true},
		{"Web", "web", false},
	}
	for _, tt := range tests {
		if got := match(tt.glob, tt.name); got != tt.want {
			t.Errorf("match(%q, %q) = %v", tt.glob, tt.name, got)
		}
	}
}

// The matcher agrees with a regular expression built from the glob.
func TestMatchIsARegularExpression(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		glob := rapid.StringOfN(rapid.RuneFrom([]rune("ab/é*?")), 0, 10, -1).Draw(t, "glob")
		name := rapid.StringOfN(rapid.RuneFrom([]rune("ab/é")), 0, 12, -1).Draw(t, "name")
		expression := regexp.QuoteMeta(glob)
		expression = strings.ReplaceAll(expression, `\*`, `.*`)
		expression = strings.ReplaceAll(expression, `\?`, `.`)
		want := regexp.MustCompile("^" + expression + "$").MatchString(name)
		if got := match(glob, name); got != want {
			t.Fatalf("match(%q, %q) = %v", glob, name, got)
		}
	})
}

// A glob made to be slow takes len(glob)·len(name) steps, not exponentially many.
func TestMatchIsNotExponential(t *testing.T) {
	if match(strings.Repeat("*a", 100)+"b", strings.Repeat("a", 253)) {
		t.Error("matched")
	}
}
