// Command remora is the agent and what talks to it: remora agent runs the one, every other
// subcommand is a short-lived client of its UNIX socket, but for validate, fmt and version, which
// need no agent.
//
// Each subcommand is a row of the table in commands.go and a file of its own. What a subcommand may
// touch of the world comes in a [system], so that tests run everything in process.
package main

import (
	"context"
	"os"
	"os/signal"
	"time"

	"github.com/mattn/go-isatty"
)

func main() {
	os.Exit(run(context.Background(), system{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		getenv:   os.Getenv,
		terminal: isatty.IsTerminal(os.Stdout.Fd()),
		now:      time.Now,
		signals:  signals,
		sockets:  []string{"/run/remora/remora.sock", "./remora.sock"},
	}, os.Args[1:]))
}

// signals starts to deliver the signals that are named; what a subcommand does not ask for keeps its
// ordinary effect.
func signals(which ...os.Signal) (<-chan os.Signal, func()) {
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, which...)
	return ch, func() { signal.Stop(ch) }
}
