package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/remora-agent/remora/agent"
	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/client/wire"
)

var validateCommand = command{
	name: "validate", operands: "PATH…", min: 1, max: -1, local: true, format: formatTable,
	brief: "check a configuration and print every fault of it",
	about: `Files and folders are read together, as the agent would. Nothing is started. Exit code 1
says that there are faults.`,
	example: "remora validate config.hcl",
	setup:   func(*flag.FlagSet) action { return validate },
}

// verdict is the answer of validate as JSON.
type verdict struct {
	Valid  bool         `json:"valid"`
	Faults []wire.Fault `json:"faults"`
}

func validate(_ context.Context, inv *invocation) error {
	_, err := agent.LoadConfig(inv.operands...)
	faults, refused := errors.AsType[config.Faults](err)
	if err != nil && !refused {
		return err
	}
	if inv.format == formatJSON {
		err = inv.printJSON(verdict{Valid: !refused, Faults: faults.Wire()})
	} else if refused {
		_, err = fmt.Fprintln(inv.stderr, faults)
	} else if inv.format == formatTable {
		err = inv.printLines(strings.Join(inv.operands, ", ") + ": valid")
	}
	if err == nil && refused {
		return exitStatus(exitError)
	}
	return err
}
