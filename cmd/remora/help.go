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
	b.WriteString("remora tells which backend to use for a service, right now.\n")
	b.WriteString("Usage: remora COMMAND [arguments] [flags]; remora help COMMAND tells more\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-11s %s\n", c.name, c.brief)
	}
	b.WriteString("Example: remora agent -dev, and in another terminal: remora select demo\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// rules is the help of help: what holds for every subcommand.
func rules(w io.Writer) error {
	about := fill(`Flags stand anywhere, -x as well as --x, with -x VALUE or -x=VALUE; after --
there are none. The agent's socket is -socket PATH, else REMORA_SOCKET, else the first that is there
of /run/remora/remora.sock and ./remora.sock. -format is table for a person, json as the API answers,
or text for a shell. Errors are text on standard error, whatever the format.`)
	_, err := fmt.Fprintf(w, `remora help: print what remora, or one command of it, does

Usage: remora help [COMMAND], or remora COMMAND -h

%s

Exit codes:
  %d  done
  %d  error
  %d  the command line makes no sense
  %d  no agent answers
  %d  no healthy backend, or the service is unknown

Example:
  remora help select
`, about, exitDone, exitError, exitUsage, exitUnreachable, exitNoBackend)
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
