package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	File    string
	Line    int    // from 1; 0: the fault is of the file as a whole
	Column  int    // from 1, in characters; 0 as for Line
	Summary string // what is wrong, with the value
	Detail  string // what is allowed, and a guess at what was meant; may be empty
	Snippet string // the line of the file, with secrets hidden; a long one is cut on both sides

	caret int // where in Snippet the fault begins, in characters from 0
}

// Faults is all that is wrong with a configuration, in the order of its files. It is the error that
// every function of this package returns.
type Faults []Fault

// Error lists the faults as compilers do, one after the other, ending without a newline.
func (f Faults) Error() string {
	parts := make([]string, len(f), len(f)+1)
	for i, fault := range f {
		parts[i] = fault.String()
	}
	if len(f) != 1 {
		parts = append(parts, strconv.Itoa(len(f))+" faults")
	}
	return strings.Join(parts, "\n\n")
}

// String gives the fault as compilers do: place and summary, the line with a mark below it, details.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.place())
	b.WriteString(f.Summary)
	if f.Line > 0 {
		number := strconv.Itoa(f.Line)
		fmt.Fprintf(&b, "\n  %s | %s", number, f.Snippet)
		fmt.Fprintf(&b, "\n  %*s | %s^", len(number), "", blank(f.Snippet, f.caret))
	}
	if f.Detail != "" {
		b.WriteString("\n  " + f.Detail)
	}
	return b.String()
}

func (f Fault) place() string {
	switch {
	case f.File == "":
		return ""
	case f.Line == 0:
		return f.File + ": "
	}
	return fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
}

// blank gives white space as wide as the first n characters of line: tabs stay tabs.
func blank(line string, n int) string {
	runes := []rune(line)
	for i, r := range runes {
		if r != '\t' {
			runes[i] = ' '
		}
	}
	return string(runes[:min(n, len(runes))])
}

// Wire gives the faults as the API sends them.
func (f Faults) Wire() []wire.Fault {
	out := make([]wire.Fault, len(f))
	for i, fault := range f {
		out[i] = wire.Fault{
			File: fault.File, Line: fault.Line,
			Summary: fault.Summary, Detail: fault.Detail, Snippet: fault.Snippet,
		}
	}
	return out
}
