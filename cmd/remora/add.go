package main

import (
	"context"
	"flag"

	"github.com/remora-agent/remora/client/wire"
)

var addCommand = command{
	name: "add", operands: "SERVICE ADDR", min: 2, max: 2, format: formatTable,
	brief: "add a backend to a registered service",
	about: `At an address that the service has already, only the attributes change: health and
connections stay.`,
	example: "remora add web 10.0.0.3:80 -weight 5 -zone a -tag v2 -meta rack=7",
	setup:   setupAdd,
}

func setupAdd(fs *flag.FlagSet) action {
	var (
		tags stringList
		meta pairs
	)
	weight, priority := number{high: maxWeight}, number{high: maxPriority}
	id := fs.String("id", "", "`ID` of the instance")
	zone := fs.String("zone", "", "`ZONE` that it is in")
	fs.Var(&weight, "weight", "`N` from 0 to 65535; else 1")
	fs.Var(&priority, "priority", "`N` from 0 to 255; lower ones serve first; else 0")
	fs.Var(&tags, "tag", "`TAG` that it carries; repeatable")
	fs.Var(&meta, "meta", "`NAME=VALUE` of free form; repeatable")
	return func(ctx context.Context, inv *invocation) error {
		service, address := inv.operands[0], inv.operands[1]
		c := inv.client()
		defer c.Close()
		err := c.AddBackend(ctx, service, wire.BackendSpec{
			Address: address, ID: *id, Weight: weight.value, Zone: *zone,
			Priority: priority.or(0), Tags: tags, Meta: meta,
		})
		if err != nil {
			return err
		}
		return inv.done(change{service, address, "added"}, "%s: added %s", service, address)
	}
}
