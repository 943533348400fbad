package main

import (
	"context"
	"flag"
)

var removeCommand = command{
	name: "remove", operands: "SERVICE ADDR", min: 2, max: 2, format: formatTable,
	brief:   "remove a backend from a registered service",
	about:   "To take out a backend of a catalog or of the configuration, drain it.",
	example: "remora remove web 10.0.0.3:80",
	setup:   func(*flag.FlagSet) action { return remove },
}

func remove(ctx context.Context, inv *invocation) error {
	service, address := inv.operands[0], inv.operands[1]
	c := inv.client()
	defer c.Close()
	if err := c.RemoveBackend(ctx, service, address); err != nil {
		return err
	}
	return inv.done(change{service, address, "removed"}, "%s: removed %s", service, address)
}
