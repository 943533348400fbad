package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/remora-agent/remora/agent"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// exampleHost is what the examples run on: an agent, and an HTTP server that it knows as the only backend of
// the service "web".
func exampleHost() (ctx context.Context, socket string, stop func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s", r.Host)
	}))
	folder, err := os.MkdirTemp("", "remora")
	check(err)
	socket = filepath.Join(folder, "r.sock")
	config := filepath.Join(folder, "remora.hcl")
	check(os.WriteFile(config, fmt.Appendf(nil, "log_level = \"error\"\napi {\n  socket = %q\n}\nservice \"web\" {\n  backend %q {}\n}\n",
		socket, server.Listener.Addr()), 0o600))
	ctx, cancel := context.WithCancel(context.Background())
	running, err := agent.New(ctx, agent.Options{ConfigPaths: []string{config}, Stdout: io.Discard, Stderr: os.Stderr})
	check(err)
	var wait sync.WaitGroup
	wait.Go(func() { check(running.Run(ctx)) })
	return ctx, socket, func() {
		cancel()
		wait.Wait()
		server.Close()
		check(os.RemoveAll(folder))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A program that asks now and then has the agent select.
func ExampleClient_Select() {
	ctx, socket, stop := exampleHost()
	defer stop()

	c := client.New(socket)
	defer c.Close()
	backend, err := c.Select(ctx, "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(backend.Service, backend.Host)
	// Output: web 127.0.0.1
}

// A program that asks often selects by itself, as the agent would.
func ExampleOpen() {
	ctx, socket, stop := exampleHost()
	defer stop()

	b, err := client.Open(ctx, socket, "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	backend, err := b.SelectWith("web", balancer.Pick{})
	fmt.Println(backend.Weight(), backend.Stale(), err)
	// Output: 1 false <nil>
}

// Uses that are counted let least_connections and its like do their work, for all processes of the host.
func ExampleBalancer_Acquire() {
	ctx, socket, stop := exampleHost()
	defer stop()

	b, err := client.Open(ctx, socket, "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	use, err := b.Acquire("web", balancer.Pick{})
	if err != nil {
		fmt.Println(err)
		return
	}
	began := time.Now()
	fmt.Println("in use:", use.ActiveConnections()) // work with use.Address()
	use.End(client.Succeeded(time.Since(began)))
	fmt.Println("in use:", use.ActiveConnections())
	// Output:
	// in use: 1
	// in use: 0
}

// An HTTP client that has names of services in its URLs.
func ExampleNewTransport() {
	ctx, socket, stop := exampleHost()
	defer stop()

	b, err := client.Open(ctx, socket, "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	c := &http.Client{Transport: client.NewTransport(b, nil)}
	defer c.CloseIdleConnections()
	resp, err := c.Get("http://web/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	fmt.Println(string(text), err)
	// Output: hello from web <nil>
}

// Whatever takes a dialer connects to services by their names.
func ExampleBalancer_DialContext() {
	ctx, socket, stop := exampleHost()
	defer stop()

	b, err := client.Open(ctx, socket, "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	conn, err := b.DialContext(ctx, "tcp", "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.0\r\nHost: me\r\n\r\n")
	if err == nil {
		_, err = io.Copy(io.Discard, conn)
	}
	fmt.Println(err)
	// Output: <nil>
}

// Watch shows what happens to a service, until the function that it calls has seen enough.
func ExampleClient_Watch() {
	ctx, socket, stop := exampleHost()
	defer stop()

	c := client.New(socket)
	defer c.Close()
	enough := io.EOF
	err := c.Watch(ctx, []string{"web"}, func(e wire.Event) error {
		fmt.Println(e.Type, e.Service, len(e.Group.Backends))
		return enough
	})
	fmt.Println(err)
	// Output:
	// snapshot web 1
	// EOF
}
