package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// overview is the help of remora alone.
func overview(w io.Writer) error {
	var b strings.Builder
	b.WriteString("remora tells which backend to use for a service, right now.\n\n")
	b.WriteString("Usage: remora COMMAND [arguments] [flags]; remora help COMMAND tells more\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-11s %s\n", c.name, c.brief)
	}
	b.WriteString("\nExample: remora agent -dev, and in another terminal: remora select demo\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// help is the help of one subcommand.
func (c *command) help(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "remora %s: %s\n\n", c.name, c.brief)
	fmt.Fprintf(&b, "Usage: %s\n\n", strings.Join(strings.Fields("remora "+c.name+" "+c.operands+" [flags]"), " "))
	b.WriteString(fill(c.about) + "\n\nFlags:\n")
	fs, _ := c.flags(&invocation{format: c.format})
	fs.VisitAll(func(f *flag.Flag) {
		if c.local && f.Name == "socket" {
			return // accepted, as everywhere, and of no use
		}
		name, usage := flag.UnquoteUsage(f)
		usage = strings.TrimPrefix(usage, name+" ") // it stands in front already
		fmt.Fprintf(&b, "  %-18s %s%s\n", strings.TrimSpace("-"+f.Name+" "+name), usage, defaultOf(f))
	})
	b.WriteString("\nExample:\n")
	for line := range strings.Lines(c.example) {
		b.WriteString("  " + strings.TrimRight(line, "\n") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fill breaks text into lines that fit a screen.
func fill(text string) string {
	const width = 79
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		length := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+length > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += length
	}
	return b.String()
}

func defaultOf(f *flag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false":
		return ""
	}
	return " (default " + f.DefValue + ")"
}
