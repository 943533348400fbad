package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

var showCommand = command{
	name: "show", operands: "SERVICE", min: 1, max: 1, format: formatTable,
	brief: "show the backends of a service and their health",
	about: `With -wait it first waits until the service changes, or until its index is above
-index. Counters do not count as changes. In text: all addresses, one a line.`,
	example: "remora show demo\nremora show demo -wait 1m",
	setup:   setupShow,
}

func setupShow(fs *flag.FlagSet) action {
	wait := fs.Duration("wait", 0, "`DURATION` to wait for a change at most, up to 10m")
	var index *uint64
	fs.Func("index", "`N` that the index must pass; else that of now", func(s string) error {
		n, err := strconv.ParseUint(s, 10, 64)
		index = &n
		return err
	})
	return func(ctx context.Context, inv *invocation) error {
		if *wait < 0 || *wait > 10*time.Minute {
			return usagef("invalid value %v for -wait: want 0 to 10m", *wait)
		}
		if index != nil && *wait == 0 {
			return usagef("-index needs -wait")
		}
		c := inv.client()
		defer c.Close()
		group, err := readGroup(ctx, c, inv.operands[0], index, *wait)
		if err != nil {
			return err
		}
		return inv.printGroup(group)
	}
}

// readGroup reads the group now, or once it is past index; nil stands for its index of now.
func readGroup(ctx context.Context, c *client.Client, service string, index *uint64, wait time.Duration) (wire.Group, error) {
	if wait > 0 && index != nil {
		return c.GroupAfter(ctx, service, *index, wait)
	}
	group, err := c.Group(ctx, service)
	if wait == 0 || err != nil {
		return group, err
	}
	return c.GroupAfter(ctx, service, group.Index, wait)
}

func (inv *invocation) printGroup(g wire.Group) error {
	switch inv.format {
	case formatJSON:
		return inv.printJSON(g)
	case formatText:
		lines := make([]string, len(g.Backends))
		for i, b := range g.Backends {
			lines[i] = b.Address
		}
		return inv.printLines(lines...)
	}
	if err := inv.printLines(groupLine(g)); err != nil {
		return err
	}
	if len(g.Backends) == 0 {
		return inv.printLines("no backends yet")
	}
	return inv.printTable(groupTable(g, inv.now()))
}

// groupLine sums the group up: web: round_robin, 2 of 3 healthy, from main, index 12.
func groupLine(g wire.Group) string {
	line := fmt.Sprintf("%s: %s, %d of %d healthy, from %s, index %d",
		g.Service, g.Strategy, g.HealthyCount, g.BackendCount, strings.Join(g.Sources, "+"), g.Index)
	if g.Stale {
		line += fmt.Sprintf("; stale: its source last answered %s ago", span(seconds(g.AgeSeconds)))
	}
	return line
}

func groupTable(g wire.Group, now time.Time) *table {
	var t table
	t.header("ADDRESS", "STATE", "WEIGHT", "ZONE", "ACTIVE", "FAILURES", "LAST CHECK", "NOTES")
	for _, b := range g.Backends {
		t.row(text(b.Address), state(b), text(strconv.Itoa(b.Weight)), text(b.Zone),
			text(strconv.FormatInt(b.ActiveConnections, 10)),
			text(strconv.FormatInt(b.ConsecutiveFailures+b.ReportedFailures, 10)),
			text(checkText(b.LastCheck, now)), text(backendNotes(b)))
	}
	return &t
}

// checkText is the last probe: ok in 1.2ms, 3s ago.
func checkText(check *wire.LastCheck, now time.Time) string {
	if check == nil {
		return ""
	}
	took := span(time.Duration(check.DurationMS * float64(time.Millisecond)))
	outcome := "failed after " + took
	if check.OK {
		outcome = "ok in " + took
	}
	if at, err := time.Parse(time.RFC3339, check.At); err == nil {
		outcome += ", " + span(now.Sub(at).Round(time.Second)) + " ago"
	}
	return outcome
}

func backendNotes(b wire.Backend) string {
	var notes []string
	if why := reasons(b); why != "" {
		notes = append(notes, why)
	}
	if b.LastCheck != nil && b.LastCheck.Error != "" {
		notes = append(notes, b.LastCheck.Error)
	}
	return strings.Join(notes, ": ")
}
