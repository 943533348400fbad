package main

import (
	"context"
	"flag"
)

var unregisterCommand = command{
	name: "unregister", operands: "SERVICE", min: 1, max: 1, format: formatTable,
	brief:   "remove a service that was registered",
	about:   "Only services of register can be removed; the others go where they came from.",
	example: "remora unregister web",
	setup:   func(*flag.FlagSet) action { return unregister },
}

func unregister(ctx context.Context, inv *invocation) error {
	service := inv.operands[0]
	c := inv.client()
	defer c.Close()
	if err := c.Unregister(ctx, service); err != nil {
		return err
	}
	return inv.done(change{Service: service, Done: "unregistered"}, "%s: unregistered", service)
}
