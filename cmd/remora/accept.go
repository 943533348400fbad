package main

import (
	"context"
	"flag"
	"strings"
)

var acceptCommand = command{
	name: "accept", operands: "SERVICE", min: 1, max: 1, format: formatTable,
	brief: "believe that backends were withdrawn, and send the held ones away",
	about: `When a catalog withdraws all backends of a service, or half of them, they are held for
a while in case that was a mistake, and picked when no other can be. This ends it.`,
	example: "remora accept web",
	setup:   func(*flag.FlagSet) action { return accept },
}

func accept(ctx context.Context, inv *invocation) error {
	service := inv.operands[0]
	c := inv.client()
	defer c.Close()
	accepted, err := c.Accept(ctx, service)
	if err != nil {
		return err
	}
	switch {
	case inv.format == formatJSON:
		return inv.printJSON(accepted)
	case inv.format == formatText:
		return inv.printLines(accepted.Removed...)
	case len(accepted.Removed) == 0:
		return inv.printLines(service + ": nothing is held")
	}
	return inv.printLines(service + ": sent away " + strings.Join(accepted.Removed, ", "))
}
