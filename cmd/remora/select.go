package main

import (
	"context"
	"flag"
	"strconv"
	"strings"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

var selectCommand = command{
	name: "select", operands: "SERVICE", min: 1, max: 1, format: formatText,
	brief: "print a healthy backend of a service",
	about: `Prints the address alone, so that it can stand in a command. With -explain it prints,
as a table or as JSON, how the choice came about or why there is none. Exit code 4 says
that the service is unknown or that none of its backends is healthy.`,
	example: "curl http://$(remora select demo)/\nremora select -explain demo",
	setup:   setupSelect,
}

func setupSelect(fs *flag.FlagSet) action {
	key := fs.String("key", "", "`KEY` to hash, for strategies that need one")
	count := number{low: 1, high: 100}
	fs.Var(&count, "count", "`N` different backends, 1 to 100, best first")
	var exclude stringList
	fs.Var(&exclude, "exclude", "`ADDR` that is not wanted; repeatable")
	explain := fs.Bool("explain", false, "show all candidates and what decided")
	return func(ctx context.Context, inv *invocation) error {
		if *explain && count.value != nil {
			return usagef("-explain is about one choice: leave -count out")
		}
		c := inv.client()
		defer c.Close()
		opts := []client.PickOption{client.Key(*key), client.Exclude(exclude...)}
		service := inv.operands[0]
		switch {
		case *explain:
			return inv.explain(ctx, c, service, opts)
		case count.value != nil:
			many, err := c.SelectMany(ctx, service, *count.value, opts...)
			if err != nil {
				return err
			}
			return inv.printSelections(wire.Selections{Service: service, Backends: many}, many)
		}
		one, err := c.Select(ctx, service, opts...)
		if err != nil {
			return err
		}
		return inv.printSelections(one, []wire.Selection{one})
	}
}

// printSelections prints a selection or several; answer is how the agent gave them.
func (inv *invocation) printSelections(answer any, backends []wire.Selection) error {
	switch inv.format {
	case formatJSON:
		return inv.printJSON(answer)
	case formatText:
		lines := make([]string, len(backends))
		for i, b := range backends {
			lines[i] = b.Address
		}
		return inv.printLines(lines...)
	}
	var t table
	t.header("ADDRESS", "ID", "WEIGHT", "ZONE", "TAGS", "NOTES")
	for _, b := range backends {
		t.row(text(b.Address), text(b.ID), text(strconv.Itoa(b.Weight)), text(b.Zone),
			text(strings.Join(b.Tags, ",")), cell{selectionNotes(b), fair})
	}
	return inv.printTable(&t)
}

func selectionNotes(s wire.Selection) string {
	var notes []string
	if s.Stale {
		notes = append(notes, "stale")
	}
	if s.Panic {
		notes = append(notes, "panic: too few are healthy")
	}
	return strings.Join(notes, ", ")
}
