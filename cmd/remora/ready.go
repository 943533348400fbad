package main

import (
	"flag"

	"github.com/remora-agent/remora/client/wire"
)

var readyCommand = command{
	name: "ready", operands: "SERVICE ADDR", min: 2, max: 2, format: formatTable,
	brief:   "put a drained backend back in",
	about:   "It is selected again as soon as its other verdicts are good.",
	example: "remora ready web 10.0.0.3:80",
	setup: func(*flag.FlagSet) action {
		return setAdmin(wire.AdminReady, "ready")
	},
}
