package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

var showCommand = command{
	name: "show", operands: "SERVICE", min: 1, max: 1, format: formatTable,
	brief: "show the backends of a service and their health",
	about: `FAILURES are failed checks in a row, REPORTED are failures in a row as applications
report them. With -wait it first waits until the service changes, or until its index
is above -index; counters do not count as changes. In text: all addresses.`,
	example: "remora show demo\nremora show demo -wait 1m",
	setup:   setupShow,
}

func setupShow(fs *flag.FlagSet) action {
	wait := duration{max: 10 * time.Minute}
	fs.Var(&wait, "wait", "`DURATION` to wait for a change at most, up to 10m")
	var passed index
	fs.Var(&passed, "index", "`N` that the index must pass; else that of now")
	return func(ctx context.Context, inv *invocation) error {
		if passed.value != nil && wait.value == 0 {
			return usagef("-index needs -wait")
		}
		c := inv.client()
		defer c.Close()
		group, err := readGroup(ctx, c, inv.operands[0], passed.value, wait.value)
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
	if err := inv.printLines(groupLines(g)...); err != nil {
		return err
	}
	if len(g.Backends) == 0 {
		return inv.printLines("no backends yet")
	}
	return inv.printTable(groupTable(g, inv.now()))
}

// groupLines are all that there is to say of a group besides its backends.
func groupLines(g wire.Group) []string {
	lines := []string{groupLine(g)}
	if g.Regime != "panic" && g.HealthyCount > 0 && !slices.ContainsFunc(g.Backends, mayBePicked) {
		lines = append(lines, "nothing can be selected: the healthy ones have weight 0")
	}
	lines = append(lines, spreadLines(g.Tiers, g.Zones)...)
	if g.Table != "" {
		lines = append(lines, fmt.Sprintf("table %s, %d KB", g.Table, (g.TableBytes+1023)/1024))
	}
	return lines
}

func mayBePicked(b wire.Backend) bool { return b.Healthy && b.Weight > 0 }

// groupLine sums the group up: web: round_robin, 2 of 3 healthy, from main, index 12.
func groupLine(g wire.Group) string {
	line := fmt.Sprintf("%s: %s, %d of %d healthy, from %s, index %d",
		g.Service, g.Strategy, g.HealthyCount, g.BackendCount, strings.Join(g.Sources, "+"), g.Index)
	if g.Regime != "" && g.Regime != "normal" {
		line += "; regime " + g.Regime
	}
	if g.HeldCount > 0 {
		line += fmt.Sprintf("; %d more held, see: remora accept -h", g.HeldCount)
	}
	if g.Stale {
		line += fmt.Sprintf("; stale: its source last answered %s ago", span(seconds(g.AgeSeconds)))
	}
	return line
}

func groupTable(g wire.Group, now time.Time) *table {
	var t table
	t.header("ADDRESS", "STATE", "WEIGHT", "ZONE", "ACTIVE", "FAILURES", "REPORTED", "LAST CHECK", "NOTES")
	for _, b := range g.Backends {
		t.row(text(b.Address), state(b), text(weightText(b.Weight, b.EffectiveWeight)), text(b.Zone),
			text(strconv.FormatInt(b.ActiveConnections, 10)),
			text(strconv.FormatInt(b.ConsecutiveFailures, 10)), text(strconv.FormatInt(b.ReportedFailures, 10)),
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

// heldText says that a backend is held, and until when where that is told.
func heldText(until string) string {
	at, err := time.Parse(time.RFC3339, until)
	if err != nil {
		return "withdrawn by its source, held"
	}
	return "withdrawn by its source, held until " + at.Local().Format(time.TimeOnly)
}

func backendNotes(b wire.Backend) string {
	var notes []string
	if b.Held {
		notes = append(notes, heldText(b.HeldUntil))
	}
	if b.Damped {
		notes = append(notes, "held down: "+b.DampedReason)
	}
	if b.Priority > 0 {
		notes = append(notes, fmt.Sprintf("priority %d", b.Priority))
	}
	if b.Healthy && b.Weight == 0 {
		notes = append(notes, "never selected: weight 0")
	}
	why := reasons(b.Verdicts)
	if b.LastCheck != nil && b.LastCheck.Error != "" {
		why = strings.TrimPrefix(why+": "+b.LastCheck.Error, ": ")
	}
	if why != "" {
		notes = append(notes, why)
	}
	return strings.Join(notes, "; ")
}
