package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestHelpFitsAScreen holds what a person may rely on: 24 lines of 80 columns, with an example.
func TestHelpFitsAScreen(t *testing.T) {
	helps := map[string]func(io.Writer) error{"overview": overview, "help": rules}
	for _, c := range commands() {
		helps[c.name] = c.help
	}
	for name, help := range helps {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := help(&b); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
			if len(lines) > 24 {
				t.Errorf("%d lines:\n%s", len(lines), &b)
			}
			for _, line := range lines {
				if n := utf8.RuneCountInString(line); n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			if !strings.Contains(b.String(), "Example:") {
				t.Errorf("no example:\n%s", &b)
			}
		})
	}
}

// TestExamplesParse runs the command line of every example as far as its flags and operands.
func TestExamplesParse(t *testing.T) {
	for _, c := range commands() {
		parsed := 0
		for _, words := range strings.Split(c.example, "remora ")[1:] {
			words, _, _ = strings.Cut(words, "\n")
			words = words[:strings.IndexAny(words+")", ")|&")]
			name, rest, err := splitCommand(strings.Fields(words))
			if err != nil {
				t.Errorf("%s: example %q: %v", c.name, words, err)
				continue
			}
			sub, err := find(name)
			if err != nil {
				continue // a path such as /etc/remora, which stands before a space
			}
			fs, _ := sub.flags(&invocation{})
			operands, err := parseFlags(fs, rest)
			if err == nil {
				err = sub.checkOperands(operands)
			}
			if err != nil {
				t.Errorf("%s: example %q: %v", c.name, words, err)
			}
			parsed++
		}
		if parsed == 0 {
			t.Errorf("%s: no example runs it", c.name)
		}
	}
}

// TestCommandsOfTheContract: scripts rely on these names.
func TestCommandsOfTheContract(t *testing.T) {
	for name := range strings.FieldsSeq(`agent select services show watch history register unregister add remove
		mark drain ready accept report reload validate fmt status version`) {
		c, err := find(name)
		if err != nil {
			t.Error(err)
			continue
		}
		fs, _ := c.flags(&invocation{})
		if fs.Lookup("socket") == nil || fs.Lookup("format") == nil {
			t.Errorf("%s does not take -socket and -format", name)
		}
		if c.format == "" {
			t.Errorf("%s has no format of its own", name)
		}
	}
}
