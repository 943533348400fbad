package config

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestQuote(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, tt := range []struct {
		name, src, at string // the fault is where at begins
		line          string
		caret         int
		redacted      bool
	}{
		{"only line", "a = 1", "1", "a = 1", 4, false},
		{"last line", "a = 1\nb = 2\n", "2", "b = 2", 4, false},
		{"line end of Windows", "a = 1\r\nb = 2\r\n", "1", "a = 1", 4, false},
		{"wide characters", "é = 1", "1", "é = 1", 4, false},
		{"before a secret", `token = "x"`, "token", "token = ***", 0, true},
		{"at a secret", `token = "x" # y`, `"x"`, "token = *** # y", 8, true},
		{"in a secret", `token = "xyz"`, "yz", "token = ***", 11, true},
		{"behind a secret", `{"token": "x", "a": 1}`, "1}", `{"token": ***, "a": 1}`, 20, true},
		{"user", `a = "http://u:p@h"`, "a", `a = "http://***@h"`, 0, true},
		{"long line", long + "X" + long, "X", "…" + strings.Repeat("é", 80) + "X" + strings.Repeat("é", 79) + "…", 81, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &file{name: "test.hcl", src: []byte(tt.src)}
			line, caret, redacted := f.quote(strings.Index(tt.src, tt.at))
			if line != tt.line || caret != tt.caret || redacted != tt.redacted {
				t.Errorf("got %q, %d, %v, want %q, %d, %v", line, caret, redacted, tt.line, tt.caret, tt.redacted)
			}
		})
	}
}

// A place outside of the file must not end the agent.
func TestQuoteAnywhere(t *testing.T) {
	for _, src := range []string{"", "\n", "a\n\xff", "token = ", "token =", "token = <<E\n", "password = ((("} {
		f := &file{name: "test.hcl", src: []byte(src)}
		for at := -1; at <= len(src)+1; at++ {
			if line, caret, _ := f.quote(at); caret > utf8.RuneCountInString(line) || strings.Contains(line, "\n") {
				t.Errorf("byte %d of %q is quoted as %q, %d", at, src, line, caret)
			}
		}
	}
}
