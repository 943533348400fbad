package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

var historyCommand = command{
	name: "history", operands: "SERVICE", min: 1, max: 1, format: formatTable,
	brief: "list what happened to a service, and why",
	about: `The last changes of members, health and staleness, the oldest first, with what caused
each: a source, a probe, reports, or the user id of who asked for it. The agent keeps
them in memory: there are none from before it started. In text: one line each, which
begins with the time and the address, or "-" for the service as a whole.`,
	example: "remora history demo\nremora history demo -format text | grep 10.0.0.3:80",
	setup:   func(*flag.FlagSet) action { return history },
}

func history(ctx context.Context, inv *invocation) error {
	c := inv.client()
	defer c.Close()
	h, err := c.History(ctx, inv.operands[0])
	if err != nil {
		return err
	}
	return inv.printHistory(h)
}

func (inv *invocation) printHistory(h wire.History) error {
	switch inv.format {
	case formatJSON:
		return inv.printJSON(h)
	case formatText:
		lines := make([]string, len(h.Changes))
		for i, change := range h.Changes {
			lines[i] = changeText(change)
		}
		return inv.printLines(lines...)
	}
	if len(h.Changes) == 0 {
		return inv.printLines(h.Service + ": no changes since the agent started")
	}
	var t table
	t.header("TIME", "ADDRESS", "CAUSE", "CHANGE")
	zone := inv.now().Location()
	for _, change := range h.Changes {
		t.row(text(clock(change.At, zone)), text(change.Address), text(change.Cause), text(change.Effect))
	}
	return inv.printTable(&t)
}

// changeText is a change for a shell: its time, its address, its cause and what it was.
func changeText(c wire.Change) string {
	address := c.Address
	if address == "" {
		address = "-"
	}
	return fmt.Sprintf("%s %s %s: %s", c.At, address, c.Cause, c.Effect)
}

// clock is a time of the wire for a person in a time zone, to the millisecond.
func clock(at string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	return t.In(zone).Format("2006-01-02 15:04:05.000")
}
