package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// The exit codes.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitUnreachable = 3 // no agent answers
	exitNoBackend   = 4 // no healthy backend, or the service is unknown
)

// exitStatus is an error of which everything has been said already.
type exitStatus int

func (e exitStatus) Error() string { return "exit status " + strconv.Itoa(int(e)) }

// exitCode tells a person what went wrong and returns what to tell the shell.
func (s *system) exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	fmt.Fprintf(s.stderr, "remora: %s\n", errorText(err))
	if usage, ok := errors.AsType[*usageError](err); ok {
		help := strings.TrimSpace("remora help " + usage.command)
		fmt.Fprintf(s.stderr, "Run '%s' for what is allowed.\n", help)
		return exitUsage
	}
	if errors.Is(err, client.ErrUnreachable) {
		fmt.Fprintln(s.stderr, socketAdvice(err))
		return exitUnreachable
	}
	if problem, ok := errors.AsType[*wire.Problem](err); ok {
		return problemCode(problem)
	}
	return exitError
}

func socketAdvice(err error) string {
	if lost, ok := errors.AsType[*notFound](err); ok {
		return fmt.Sprintf("Looked at %s; -socket PATH or REMORA_SOCKET names another socket.", strings.Join(lost.places, " and "))
	}
	return "The socket is named by -socket PATH or REMORA_SOCKET."
}

func problemCode(p *wire.Problem) int {
	switch p.Code {
	case wire.CodeUnknownService, wire.CodeNoBackends, wire.CodeNoHealthyBackend:
		return exitNoBackend
	}
	return exitError
}

// errorText is the error. The agent's word for a problem stands alone: it names all that matters. A
// configuration that was refused has its faults listed.
func errorText(err error) string {
	problem, ok := errors.AsType[*wire.Problem](err)
	if !ok {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString(problem.Error())
	for _, fault := range problem.Faults {
		fmt.Fprintf(&b, "\n\n%s", faultText(fault))
	}
	return b.String()
}

// faultText gives a fault as compilers do.
func faultText(f wire.Fault) string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
		if f.Line > 0 {
			fmt.Fprintf(&b, "%d:", f.Line)
		}
		b.WriteByte(' ')
	}
	b.WriteString(f.Summary)
	for line := range strings.Lines(f.Snippet) {
		b.WriteString("\n  | " + strings.TrimRight(line, "\n"))
	}
	if f.Detail != "" {
		b.WriteString("\n  " + f.Detail)
	}
	return b.String()
}
