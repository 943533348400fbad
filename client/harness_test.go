package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// guard is how long anything may take before it counts as a hang.
const guard = time.Minute

// testAgent is an agent in this process, of which tests only use the socket.
type testAgent struct {
	*client.Client
	t      testing.TB
	config string
	socket string
	stop   func()
}

// startAgent runs an agent with that configuration until the test ends.
func startAgent(t testing.TB, hcl string) *testAgent {
	t.Helper()
	folder, err := os.MkdirTemp("", "remora") // short enough for a socket, whatever the test is called
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	a := &testAgent{t: t, config: filepath.Join(folder, "remora.hcl"), socket: filepath.Join(folder, "r.sock")}
	a.configure(hcl)
	a.start()
	a.Client = client.New(a.socket)
	t.Cleanup(func() {
		a.Close()
		a.stop()
	})
	return a
}

// configure writes what the next start reads.
func (a *testAgent) configure(hcl string) {
	a.t.Helper()
	hcl = fmt.Sprintf("log_level = \"error\"\napi {\n  socket = %q\n}\n%s", a.socket, hcl)
	if err := os.WriteFile(a.config, []byte(hcl), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *testAgent) start() {
	a.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	running, err := agent.New(ctx, agent.Options{ConfigPaths: []string{a.config}, Version: "test", Stdout: io.Discard, Stderr: os.Stderr})
	if err != nil {
		cancel()
		a.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx) }()
	a.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			a.t.Errorf("agent: %v", err)
		}
	})
}

// open returns a balancer of the services that is closed with the test.
func (a *testAgent) open(services ...string) *client.Balancer {
	a.t.Helper()
	b, err := client.Open(a.ctx(), a.socket, services...)
	a.check(err)
	a.t.Cleanup(b.Close)
	return b
}

// ctx ends with the test, or when something hangs.
func (a *testAgent) ctx() context.Context {
	ctx, cancel := context.WithTimeout(a.t.Context(), guard)
	a.t.Cleanup(cancel)
	return ctx
}

func (a *testAgent) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// register makes the agent know a service of these backends.
func (a *testAgent) register(service, strategy string, addresses ...string) {
	a.t.Helper()
	r := wire.Registration{Strategy: strategy}
	for _, address := range addresses {
		r.Backends = append(r.Backends, wire.BackendSpec{Address: address})
	}
	a.check(a.Register(a.ctx(), service, r))
}

// until waits for what must come true, looking again after each answer of the agent. It is for counts, of
// which there is no word when they change.
func (a *testAgent) until(what string, ok func() bool) {
	a.t.Helper()
	ctx := a.ctx()
	for !ok() {
		if err := a.Healthz(ctx); err != nil {
			a.t.Fatalf("wait until %s: %v", what, err)
		}
	}
}

// active is how many connections the agent counts at each backend, by address.
func (a *testAgent) active(service string) map[string]int64 {
	a.t.Helper()
	group, err := a.Group(a.ctx(), service)
	a.check(err)
	active := make(map[string]int64)
	for _, b := range group.Backends {
		active[b.Address] = b.ActiveConnections
	}
	return active
}

// follow waits until the eligible backends of the balancer are these, in any order.
func follow(t testing.TB, b *client.Balancer, service string, addresses ...string) {
	t.Helper()
	waitFor(t, b, service, fmt.Sprintf("the backends are %v", addresses), func() bool {
		eligible := b.Eligible(service)
		if len(eligible) != len(addresses) {
			return false
		}
		all := " " + strings.Join(addresses, " ") + " "
		for _, e := range eligible {
			if !strings.Contains(all, " "+e.Address+" ") {
				return false
			}
		}
		return true
	})
}

// waitFor waits for a change after which ok holds.
func waitFor(t testing.TB, b *client.Balancer, service, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	done := errors.New("done")
	stopping, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	_ = b.Follow(stopping, service, func(_ []clientEligible) {
		if ok() {
			stop(done)
		}
	})
	if context.Cause(stopping) != done {
		t.Fatalf("it never came true that %s", what)
	}
}

// webServer is an HTTP server that answers with its own address.
func webServer(t testing.TB) *http.Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Addr: listener.Addr().String()}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, server.Addr)
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return server
}
