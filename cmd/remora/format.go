package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// format says for whom output is: a person, a program, or a shell.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatText  format = "text"
)

// String and Set make it a flag.
func (f *format) String() string { return string(*f) }

func (f *format) Set(s string) error {
	switch got := format(s); got {
	case formatTable, formatJSON, formatText:
		*f = got
		return nil
	}
	return fmt.Errorf("unknown format %q", s)
}

func (f *format) allowed() string { return "table, json or text" }

// printJSON prints what the agent answered, indented.
func (inv *invocation) printJSON(v any) error {
	return writeJSON(inv.stdout, v, "  ")
}

func writeJSON(w io.Writer, v any, indent string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}

// printLines prints text for a shell, one item a line.
func (inv *invocation) printLines(lines ...string) error {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(printable(line) + "\n")
	}
	_, err := io.WriteString(inv.stdout, b.String())
	return err
}

// done tells that a change is made: a line for a person, v for a program, nothing for a shell.
func (inv *invocation) done(v any, line string, args ...any) error {
	switch inv.format {
	case formatJSON:
		return inv.printJSON(v)
	case formatText:
		return nil
	}
	return inv.printLines(fmt.Sprintf(line, args...))
}

// printable replaces what could steer a terminal: names and errors come from catalogs and backends.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// span is a duration for a person, to the precision that matters.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// plural counts things: 1 backend, 2 backends.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
