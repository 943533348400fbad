package testbed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hashicorp/consul/api"
)

// portsPerServer is how many ports a Consul server needs.
const portsPerServer = 5

// ConsulServer is one Consul server.
type ConsulServer struct {
	consul                      *Consul
	index                       int
	name, binary, dir           string
	http, https, rpc, serf, wan string // addresses
	process                     *process
	client                      *api.Client
}

func newConsulServer(c *Consul, i int, binary, dir string, addresses []string) *ConsulServer {
	return &ConsulServer{
		consul: c, index: i, name: "node-" + strconv.Itoa(i), binary: binary, dir: dir,
		http: addresses[0], https: addresses[1], rpc: addresses[2], serf: addresses[3], wan: addresses[4],
	}
}

// HTTP is the host:port of the plain interface.
func (s *ConsulServer) HTTP() string { return s.http }

// HTTPS is the host:port of the encrypted interface of a server with a CA.
func (s *ConsulServer) HTTPS() string { return s.https }

// Socket is the path of the UNIX socket of a server that has one.
func (s *ConsulServer) Socket() string { return filepath.Join(s.dir, "http.sock") }

// Node is the name of the server's node.
func (s *ConsulServer) Node() string { return s.name }

// configure writes the configuration file.
func (s *ConsulServer) configure() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	text, err := json.Marshal(s.settings())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "consul.json"), text, 0o600)
}

func (s *ConsulServer) dev() bool {
	return !s.consul.config.Durable && len(s.consul.Servers) == 1
}

func (s *ConsulServer) start() (err error) {
	args := []string{"agent", "-config-file", filepath.Join(s.dir, "consul.json")}
	if s.dev() {
		args = append(args, "-dev")
	}
	s.process, err = startProcess("Consul agent running!", s.binary, args...)
	return err
}

// awaitLeader returns when the server knows a leader and has put itself into the catalog.
func (s *ConsulServer) awaitLeader() error {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := s.process.awaitReady(ctx); err != nil {
		return err
	}
	err := eventually("wait for a leader of consul "+s.name, func(ctx context.Context) error {
		nodes, _, err := s.Client().Health().Service("consul", "", true, (&api.QueryOptions{RequireConsistent: true}).WithContext(ctx))
		if err == nil && len(nodes) == 0 {
			err = errors.New("there is no server in the catalog")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.process.log.tail())
	}
	return nil
}

// Client returns a client that may do everything. It keeps no connections.
func (s *ConsulServer) Client() *api.Client {
	if s.client != nil {
		return s.client
	}
	config := &api.Config{
		Address: s.http, Scheme: "http",
		HttpClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: guard},
	}
	if s.consul.config.ACLs {
		config.Token = ManagementToken
	}
	client, err := api.NewClient(config)
	if err != nil {
		s.consul.t.Fatalf("make a client of consul: %v", err)
	}
	s.client = client
	return client
}

// Kill ends the server with SIGKILL, as a crash would.
func (s *ConsulServer) Kill() { s.process.end(syscall.SIGKILL) }

// Pause freezes the server: its connections stay open and nothing answers.
func (s *ConsulServer) Pause() { s.process.signal(syscall.SIGSTOP) }

// Continue ends a Pause.
func (s *ConsulServer) Continue() { s.process.signal(syscall.SIGCONT) }

// Wipe removes the data of a server that was killed, so that it starts anew.
func (s *ConsulServer) Wipe() {
	s.consul.t.Helper()
	if err := os.RemoveAll(filepath.Join(s.dir, "data")); err != nil {
		s.consul.t.Fatalf("wipe consul %s: %v", s.name, err)
	}
}

// Restart starts a server that was killed, on its old addresses and with what data it has, and returns
// once there is a leader.
func (s *ConsulServer) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("restart consul %s: %v", s.name, err)
	}
	if err := s.awaitLeader(); err != nil {
		t.Fatalf("restart consul %s: %v", s.name, err)
	}
}

func port(address string) int {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		panic(err) // addresses come from listeners
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

// shortDir is a folder of the test whose path leaves room for the name of a socket.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "consul")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
