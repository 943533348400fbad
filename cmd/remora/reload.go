package main

import (
	"context"
	"flag"
	"strings"

	"github.com/remora-agent/remora/client/wire"
)

var reloadCommand = command{
	name: "reload", format: formatTable,
	brief: "make the agent read its configuration again",
	about: `The new configuration is applied whole, or not at all when it has a fault. Backends
that stay keep their state. What needs a restart is named.`,
	example: "remora validate /etc/remora && remora reload",
	setup:   func(*flag.FlagSet) action { return reload },
}

func reload(ctx context.Context, inv *invocation) error {
	c := inv.client()
	defer c.Close()
	result, err := c.Reload(ctx)
	if err != nil {
		return err
	}
	return inv.done(result, "%s", reloadText(result))
}

func reloadText(r wire.ReloadResult) string {
	line := "reloaded: nothing has changed"
	if len(r.Changed) > 0 {
		line = "reloaded: changed " + strings.Join(r.Changed, ", ")
	}
	if len(r.NeedsRestart) > 0 {
		line += "; restart the agent for " + strings.Join(r.NeedsRestart, ", ")
	}
	return line
}
