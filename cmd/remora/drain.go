package main

import (
	"context"
	"flag"

	"github.com/remora-agent/remora/client/wire"
)

var drainCommand = command{
	name: "drain", operands: "SERVICE ADDR", min: 2, max: 2, format: formatTable,
	brief: "take a backend out, whatever its checks say",
	about: `It is not selected any more, at once, until ready says otherwise. Connections that
applications have to it are theirs to end. Works on backends of every source.`,
	example: "remora drain web 10.0.0.3:80",
	setup: func(*flag.FlagSet) action {
		return setAdmin(wire.AdminDrain, "draining")
	},
}

// setAdmin returns what sets an operator's verdict on a backend; word tells it.
func setAdmin(verdict, word string) action {
	return func(ctx context.Context, inv *invocation) error {
		service, address := inv.operands[0], inv.operands[1]
		c := inv.client()
		defer c.Close()
		if err := c.SetAdmin(ctx, service, address, verdict); err != nil {
			return err
		}
		return inv.done(change{service, address, word}, "%s: %s is %s", service, address, word)
	}
}
