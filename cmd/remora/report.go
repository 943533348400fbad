package main

import (
	"context"
	"flag"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

var reportCommand = command{
	name: "report", operands: "SERVICE ADDR ok|failed", min: 3, max: 3, format: formatTable,
	brief: "tell the agent how the use of a backend went",
	about: `Applications do so over the socket; this is for scripts. A failure counts only when the
backend is to blame for it.`,
	example: "remora report web 10.0.0.3:80 ok -latency 12.5ms",
	setup:   setupReport,
}

func setupReport(fs *flag.FlagSet) action {
	var latency duration
	fs.Var(&latency, "latency", "`DURATION` that it took, such as 12.5ms")
	return func(ctx context.Context, inv *invocation) error {
		service, address, word := inv.operands[0], inv.operands[1], inv.operands[2]
		success, err := oneOf(word, "ok", "failed")
		if err != nil {
			return err
		}
		outcome := client.Failed(latency.value)
		if success {
			outcome = client.Succeeded(latency.value)
		}
		c := inv.client()
		defer c.Close()
		if err := c.Report(ctx, wire.Report{Service: service, Address: address, Outcome: outcome}); err != nil {
			return err
		}
		return inv.done(change{service, address, "reported"}, "%s: reported %s %s", service, address, word)
	}
}
