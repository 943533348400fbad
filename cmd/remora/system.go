package main

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/remora-agent/remora/client"
)

// system is all that subcommands use of the process and of the machine.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	terminal       bool // stdout is one
	now            func() time.Time
	signals        func(...os.Signal) (<-chan os.Signal, func())
	sockets        []string // where an agent is looked for, best first
}

// invocation is one run of a subcommand.
type invocation struct {
	system

	operands []string
	format   format
	socket   string // as -socket or REMORA_SOCKET says; empty: neither does
}

// client returns a client of the agent: of the socket that was named, else of the first of the usual
// places where there is something.
func (inv *invocation) client() *client.Client {
	return client.New(inv.agentSocket())
}

func (inv *invocation) agentSocket() string {
	if inv.socket != "" {
		return inv.socket
	}
	for _, path := range inv.sockets {
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	return inv.sockets[0]
}

// notFound is an agent that is not reachable though nobody said where it is: the usual places were
// looked at.
type notFound struct {
	error
	places []string
}

func (e *notFound) Unwrap() error { return e.error }

// lookedFor adds to the error of an agent that is not reachable where it was looked for, unless
// somebody named its socket.
func (inv *invocation) lookedFor(err error) error {
	if inv.socket != "" || !errors.Is(err, client.ErrUnreachable) {
		return err
	}
	return &notFound{err, inv.sockets}
}

// colour says whether output may carry colours (https://no-color.org).
func (s *system) colour() bool {
	return s.terminal && s.getenv("NO_COLOR") == "" && s.getenv("TERM") != "dumb"
}
