package main

import (
	"context"
	"flag"

	"github.com/remora-agent/remora/client/wire"
)

var registerCommand = command{
	name: "register", operands: "SERVICE [ADDR…]", min: 1, max: -1, format: formatTable,
	brief: "register a service with its backends, or replace it",
	about: `The agent keeps the service beside those of its configuration and catalogs, which can't
be replaced this way. Replacing forgets what was known of the backends; add and
remove keep it. Changes need the rights of an operator.`,
	example: "remora register web 10.0.0.1:80 10.0.0.2:80 -strategy least_connections",
	setup:   setupRegister,
}

// The bounds of what a backend may be given.
const (
	maxWeight   = 65535
	maxPriority = 255
)

func setupRegister(fs *flag.FlagSet) action {
	weight, priority := number{high: maxWeight}, number{high: maxPriority}
	strategy := fs.String("strategy", "", "`NAME` of the strategy, such as round_robin")
	fs.Var(&weight, "weight", "`N` of each backend, 0 to 65535; else 1")
	fs.Var(&priority, "priority", "`N` of each backend, 0 to 255; lower ones serve first; else 0")
	return func(ctx context.Context, inv *invocation) error {
		service, addresses := inv.operands[0], inv.operands[1:]
		r := wire.Registration{Strategy: *strategy, Backends: []wire.BackendSpec{}}
		for _, address := range addresses {
			r.Backends = append(r.Backends, wire.BackendSpec{
				Address: address, Weight: weight.value, Priority: priority.or(0),
			})
		}
		c := inv.client()
		defer c.Close()
		if err := c.Register(ctx, service, r); err != nil {
			return err
		}
		return inv.done(change{Service: service, Done: "registered"},
			"%s: registered with %s", service, plural(len(addresses), "backend"))
	}
}

// change is what a subcommand that the agent answers without a body prints as JSON.
type change struct {
	Service string `json:"service"`
	Address string `json:"address,omitempty"`
	Done    string `json:"done"`
}
