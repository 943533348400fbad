package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// backends is how many each service has.
const backends = 10

// serviceName gives names that are all of one length, as their answers then are.
func serviceName(i int) string { return fmt.Sprintf("svc-%05d", i) }

// startAgent starts the agent as users do, with services from its configuration.
func (b *bench) startAgent(name string, services int) (*server, error) {
	socket := filepath.Join(b.folder, name)
	var config strings.Builder
	fmt.Fprintf(&config, "log_level = \"warn\"\napi {\n  socket = %q\n}\n", socket)
	for i := range services {
		fmt.Fprintf(&config, "service %q {\n", serviceName(i))
		for j := range backends {
			fmt.Fprintf(&config, "  backend \"10.%d.%d.1%d:8080\" {}\n", 100+i/100%100, 100+i%100, j)
		}
		config.WriteString("}\n")
	}
	path := filepath.Join(b.folder, name+".hcl")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		return nil, err
	}
	return b.process(name, socket, always(selectRequest(serviceName(0))), b.agent, "agent", "-config", path)
}

func selectRequest(service string) string {
	return "GET /v1/select/" + service + " HTTP/1.1\r\nHost: remora\r\nUser-Agent: bench\r\n\r\n"
}

// once asks a server for one thing on a connection of its own.
func once(s *server, request string) (string, error) {
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	c := client{conn: conn, buf: make([]byte, 64<<10)}
	answer, err := c.ask([]byte(request))
	return string(answer), err
}
