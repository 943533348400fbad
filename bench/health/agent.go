package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/remora-agent/remora/bench/process"
)

// perService is how many targets a service has.
const perService = 100

func startAgent(ctx context.Context, s settings, folder string, t *targets) (*process.Agent, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "defaults {\n  health_check {\n    type = \"tcp\"\n    interval = %q\n    timeout = \"1s\"\n  }\n}\n", s.interval)
	for i := range s.targets {
		if i%perService == 0 {
			if i > 0 {
				text.WriteString("}\n")
			}
			fmt.Fprintf(&text, "service \"service-%03d\" {\n", i/perService)
		}
		fmt.Fprintf(&text, "  backend %q {}\n", t.address(i))
	}
	text.WriteString("}\n")
	return process.StartAgent(ctx, folder, text.String(), s.agent, "agent", "-config")
}
