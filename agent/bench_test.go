package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/api"
)

// BenchmarkLane reports what the agent itself takes for a request, system calls apart: one connection
// whose other end is in memory asks, whole from the Read of the connection to its Write. bench/socket
// measures the rest.
func BenchmarkLane(b *testing.B) {
	const services = 10_000
	request := func(i int) []byte {
		return fmt.Appendf(nil, "GET /v1/select/svc-%05d HTTP/1.1\r\nHost: remora\r\nUser-Agent: bench\r\n\r\n", i)
	}
	var turn [services][]byte
	for i := range turn {
		turn[i] = request(i * 7919 % services)
	}
	next, take := 0, []byte("POST /v1/leases HTTP/1.1\r\nHost: remora\r\nUser-Agent: bench\r\nContent-Length: 23\r\n\r\n{\"service\":\"svc-00000\"}")
	a := benchAgent(b, services)
	for _, kind := range []struct {
		name string
		ask  func(answer []byte) []byte
	}{
		{"select", func([]byte) []byte { return turn[0] }},
		{"in turn", func([]byte) []byte { next++; return turn[next%services] }},
		{"lease", func(answer []byte) []byte {
			_, id, ok := bytes.Cut(answer, []byte(`"lease":"`))
			if !ok {
				return take
			}
			return fmt.Appendf(nil, "DELETE /v1/leases/%s?success=true&latency_ms=12.5 HTTP/1.1\r\nHost: remora\r\nUser-Agent: bench\r\n\r\n", id[:bytes.IndexByte(id, '"')])
		}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			c := &tape{ask: kind.ask, left: b.N, ended: make(chan struct{})}
			b.ReportAllocs()
			b.ResetTimer()
			serveTape(b, a, c)
		})
	}
}

// benchAgent is an agent with that many services of ten backends, of which only discovery runs.
func benchAgent(b *testing.B, services int) *Agent {
	b.Helper()
	var hcl strings.Builder
	for i := range services {
		fmt.Fprintf(&hcl, "service \"svc-%05d\" {\n", i)
		for j := range 10 {
			fmt.Fprintf(&hcl, "  backend \"10.%d.%d.1%d:8080\" {}\n", 100+i/100, i%100, j)
		}
		hcl.WriteString("}\n")
	}
	r := start(b, hcl.String())
	b.Cleanup(r.end)
	r.agent.awaitStatic(b.Context())
	return r.agent
}

// serveTape has the agent's API answer a tape to its end.
func serveTape(b *testing.B, a *Agent, c *tape) {
	b.Helper()
	server := api.New(a.core(), a.apiOptions(a.config.Load()))
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	conns := make(chan net.Conn, 1)
	conns <- c
	go func() { done <- server.Serve(ctx, api.Listener{Listener: tapeListener{ctx, conns}}) }()
	<-c.ended
	b.StopTimer()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if c.failed != nil {
		b.Fatalf("the answer is %q", c.failed)
	}
}

// tape is the agent's end of a connection that asks one thing after the other.
type tape struct {
	net.Conn
	ask    func(answer []byte) []byte
	left   int
	answer []byte
	failed []byte
	once   sync.Once
	ended  chan struct{}
}

// Read implements net.Conn.
func (c *tape) Read(p []byte) (int, error) {
	if c.left == 0 || c.failed != nil {
		return 0, io.EOF
	}
	c.left--
	return copy(p, c.ask(c.answer)), nil
}

// Write implements net.Conn.
func (c *tape) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, []byte("HTTP/1.1 20")) {
		c.failed = bytes.Clone(p)
	}
	c.answer = append(c.answer[:0], p...)
	return len(p), nil
}

// Close implements net.Conn.
func (c *tape) Close() error {
	c.once.Do(func() { close(c.ended) })
	return nil
}

// LocalAddr implements net.Conn.
func (c *tape) LocalAddr() net.Addr { return &net.UnixAddr{Net: "unix"} }

// RemoteAddr implements net.Conn.
func (c *tape) RemoteAddr() net.Addr { return &net.UnixAddr{Net: "unix"} }

// SetDeadline implements net.Conn; the other end is always in time.
func (c *tape) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn.
func (c *tape) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn.
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// tapeListener accepts one connection.
type tapeListener struct {
	context.Context
	conns chan net.Conn
}

// Accept implements net.Listener.
func (l tapeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.Done():
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l tapeListener) Close() error { return nil }

// Addr implements net.Listener.
func (l tapeListener) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }
