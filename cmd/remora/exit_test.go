package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

func TestExitCodes(t *testing.T) {
	problem := func(code wire.Code) error {
		return fmt.Errorf("select from service %q: %w", "web", wire.NewProblem(code, "detail of %s", code))
	}
	refused := wire.NewProblem(wire.CodeBadRequest, "the configuration has a fault")
	refused.Faults = []wire.Fault{
		{File: "a.hcl", Line: 3, Summary: "weight is -1", Detail: "0 to 65535 is allowed", Snippet: "  weight = -1\n"},
		{Summary: "no file"},
	}
	tests := map[string]struct {
		err  error
		code int
		text string
	}{
		"done":        {nil, 0, ""},
		"error":       {errors.New("read x: no"), 1, "remora: read x: no\n"},
		"told before": {exitStatus(1), 1, ""},
		"usage": {
			&usageError{"select", "unknown flag -x"}, 2,
			"remora: unknown flag -x\nRun 'remora help select' for what is allowed.\n",
		},
		"usage of remora": {usagef("no"), 2, "remora: no\nRun 'remora help' for what is allowed.\n"},
		"unreachable": {
			fmt.Errorf("ask: %w", client.ErrUnreachable), 3,
			"remora: ask: agent not reachable\nThe socket is named by -socket PATH or REMORA_SOCKET.\n",
		},
		"unreachable at the usual places": {
			&notFound{fmt.Errorf("ask: %w", client.ErrUnreachable), []string{"/run/r.sock", "./r.sock"}}, 3,
			"remora: ask: agent not reachable\n" +
				"Looked at /run/r.sock and ./r.sock; -socket PATH or REMORA_SOCKET names another socket.\n",
		},
		"unknown service":    {problem(wire.CodeUnknownService), 4, "remora: detail of unknown_service\n"},
		"no backends":        {problem(wire.CodeNoBackends), 4, "remora: detail of no_backends\n"},
		"no healthy backend": {problem(wire.CodeNoHealthyBackend), 4, "remora: detail of no_healthy_backend\n"},
		"not ready":          {problem(wire.CodeNotReady), 1, "remora: detail of not_ready\n"},
		"unknown backend":    {problem(wire.CodeUnknownBackend), 1, "remora: detail of unknown_backend\n"},
		"forbidden":          {problem(wire.CodeForbidden), 1, "remora: detail of forbidden\n"},
		"faults": {
			refused, 1, "remora: the configuration has a fault\n\n" +
				"a.hcl:3: weight is -1\n  |   weight = -1\n  0 to 65535 is allowed\n\nno file\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			sys := system{stderr: &stderr}
			if code := sys.exitCode(tt.err); code != tt.code || stderr.String() != tt.text {
				t.Errorf("got %d and %q\nwant %d and %q", code, &stderr, tt.code, tt.text)
			}
		})
	}
}
