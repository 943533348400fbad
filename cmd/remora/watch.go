package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

var watchCommand = command{
	name: "watch", operands: "[SERVICE…]", max: -1, format: formatTable,
	brief: "follow the changes of services",
	about: `Prints one line for each change of the services, or of all, until interrupted, which is
no error. A service that is not known yet is waited for. In text: the service and its healthy addresses, each time they change.
In JSON: the events as the agent sends them, one a line.`,
	example: "remora watch\nremora watch demo -format text | while read name addresses; do …",
	setup:   func(*flag.FlagSet) action { return watch },
}

func watch(ctx context.Context, inv *invocation) error {
	ctx, stop := inv.untilInterrupted(ctx)
	defer stop()
	c := inv.client()
	defer c.Close()
	watching, cancel := context.WithCancel(ctx)
	var notes sync.WaitGroup
	notes.Go(func() { inv.noteUnknown(watching, c) })
	err := c.Watch(watching, inv.operands, inv.eventPrinter())
	cancel()
	notes.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// noteUnknown says on standard error which of the services the agent does not know, as a watch of them
// is silent until it does. It leaves other errors to the watch, which meets them too.
func (inv *invocation) noteUnknown(ctx context.Context, c *client.Client) {
	for _, service := range inv.operands {
		_, err := c.Group(ctx, service)
		problem, ok := errors.AsType[*wire.Problem](err)
		if ok && (problem.Code == wire.CodeUnknownService || problem.Code == wire.CodeNotReady) {
			fmt.Fprintln(inv.stderr, printable(service+": not known yet, waiting"))
		}
	}
}

// untilInterrupted returns a context that ends when a person has seen enough. The stop function
// must be called.
func (s *system) untilInterrupted(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	interrupts, stopSignals := s.signals(os.Interrupt, syscall.SIGTERM)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		select {
		case <-interrupts:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		stopSignals()
		cancel()
		<-finished
	}
}

// eventPrinter returns what prints each event in the format that is wanted.
func (inv *invocation) eventPrinter() func(wire.Event) error {
	if inv.format == formatJSON {
		return func(e wire.Event) error { return writeJSON(inv.stdout, e, "") }
	}
	if inv.format == formatText {
		usable := usableLists{}
		return func(e wire.Event) error { return inv.printLines(usable.apply(e)...) }
	}
	return func(e wire.Event) error {
		at := inv.now().Format("15:04:05 ")
		lines := eventLines(e)
		for i, line := range lines {
			lines[i] = at + line
		}
		return inv.printLines(lines...)
	}
}
