package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/remora-agent/remora/bench/process"
	"github.com/remora-agent/remora/client"
)

// startAgent starts the agent as users do, and gives its socket once it has all services.
func startAgent(t testing.TB, binary string, c catalog, services int) (socket string) {
	folder := t.TempDir()
	socket = filepath.Join(folder, "s")
	config := fmt.Sprintf("log_level = \"error\"\napi {\n  socket = %q\n}\n%s  services = [\"*\"]\n  import = \"all\"\n}\n", socket, c.provider())
	path := filepath.Join(folder, "remora.hcl")
	check(t, "configure the agent", os.WriteFile(path, []byte(config), 0o600))
	startProcess(t, "the agent", binary, "agent", "-config", path)
	awaitServices(t, socket, services)
	return socket
}

// awaitServices waits until each service has its backend. Consul lists itself, too.
func awaitServices(t testing.TB, socket string, services int) {
	agent := client.New(socket)
	defer agent.Close()
	err := process.Until(t.Context(), patience, func(ctx context.Context) error {
		list, err := agent.Services(ctx)
		if err != nil {
			return err
		}
		ready := 0
		for _, service := range list {
			ready += min(1, service.BackendCount)
		}
		if ready < services {
			return fmt.Errorf("%d of %d services are there", ready, services)
		}
		return nil
	})
	check(t, "start the agent", err)
}

// startProcess starts what ends with the part.
func startProcess(t testing.TB, name, command string, args ...string) {
	p, err := process.Start(context.Background(), name, command, args...) // the cleanup ends it, in its turn
	check(t, "start", err)
	t.Cleanup(p.Stop)
}
