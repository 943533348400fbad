package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/remora-agent/remora/client"
)

// startAgent starts the agent as users do, and gives its socket once it has all services.
func startAgent(t testing.TB, binary string, c catalog, services int) (socket string) {
	folder := t.TempDir()
	socket = filepath.Join(folder, "s")
	config := fmt.Sprintf("log_level = \"error\"\napi {\n  socket = %q\n}\n%s  services = [\"*\"]\n  import = \"all\"\n}\n", socket, c.provider())
	path := filepath.Join(folder, "remora.hcl")
	check(t, "configure the agent", os.WriteFile(path, []byte(config), 0o600))
	startProcess(t, binary, "agent", "-config", path)
	awaitServices(t, socket, services)
	return socket
}

// awaitServices waits until each service has its backend. Consul lists itself, too.
func awaitServices(t testing.TB, socket string, services int) {
	agent := client.New(socket)
	defer agent.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := agent.Services(t.Context())
		ready := 0
		for _, service := range list {
			ready += min(1, service.BackendCount)
		}
		if err == nil && ready >= services {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("wait for the agent's services: %v, the last error was: %v", t.Context().Err(), err)
		case <-tick.C:
		}
	}
}

// startProcess starts what ends with the part.
func startProcess(t testing.TB, name string, args ...string) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	check(t, "start "+name, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // it was told to end
	})
}
