package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/api"
)

// gated is a listener whose connections count what is written, and of which only some may be.
type gated struct {
	net.Listener
	pass   atomic.Int64 // so many writes may pass before the gate is shut
	writes atomic.Int64
	at     chan struct{} // somebody is at the gate
	open   chan struct{}
}

type gatedConn struct {
	net.Conn
	gate   *gated
	closed chan struct{}
	once   sync.Once
}

func (g *gated) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gatedConn{Conn: c, gate: g, closed: make(chan struct{})}, nil
}

func (c *gatedConn) Write(p []byte) (int, error) {
	c.gate.writes.Add(1)
	if c.gate.pass.Add(-1) < 0 {
		c.gate.at <- struct{}{}
		select {
		case <-c.gate.open:
		case <-c.closed:
			return 0, net.ErrClosed
		}
	}
	return c.Conn.Write(p)
}

func (c *gatedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// startGated serves over a gated listener.
func startGated(t *testing.T, limits api.Limits) (g *gated, c net.Conn, stop func(), done chan error) {
	t.Helper()
	r := start(t, api.Options{}) // for its folder and its core
	path := r.socket + "2"
	g = &gated{Listener: listen(t, path), at: make(chan struct{}, 10), open: make(chan struct{})}
	g.pass.Store(1000)
	server := api.New(r.core.core(), api.Options{Limits: limits})
	ctx, cancel := context.WithCancel(context.Background())
	done = make(chan error, 1)
	go func() { done <- server.Serve(ctx, api.Listener{Listener: g}) }()
	t.Cleanup(func() {
		cancel()
		receive(t, done, "the end of Serve")
	})
	r.socket = path
	return g, r.dial(t), cancel, done
}

func TestPipelinedRequestsAreAnsweredInOneWrite(t *testing.T) {
	g, c, _, _ := startGated(t, api.Limits{})
	send(t, c, strings.Repeat(getOwned, 20))
	in := bufio.NewReader(c)
	for range 20 {
		readFrom(t, in, 200, `"address":"10.0.0.1:80"`)
	}
	if n := g.writes.Load(); n != 1 {
		t.Errorf("20 requests that came together were answered in %d writes, want 1", n)
	}
}

func TestAConnectionComesBackToTheFastLane(t *testing.T) {
	r := start(t, api.Options{})
	c := r.dial(t)
	in := bufio.NewReader(c)
	for n := range int64(3) {
		send(t, c, getOwned+getAlive) // together, so that one is left when the other is passed on
		readFrom(t, in, 200, `"owned"`)
		readFrom(t, in, 200, "")
		send(t, c, getAlive+getOwned)
		readFrom(t, in, 200, "")
		readFrom(t, in, 200, `"owned"`)
		if got := r.core.fast.Load(); got != 2*(n+1) {
			t.Fatalf("%d selections took the fast lane, want %d", got, 2*(n+1))
		}
	}
}

// What comes while net/http serves a request waits for it in the lane.
func TestTheFastLaneWaitsForTheOtherOne(t *testing.T) {
	r := start(t, api.Options{})
	c := r.dial(t)
	send(t, c, "GET /v1/select/blocks HTTP/1.1\r\nHost: x\r\n\r\n")
	receive(t, r.core.entered, "blocked select")
	many := strings.Repeat(getOwned, 200) // more than the lane reads at a time
	send(t, c, many)
	close(r.core.release)
	in := bufio.NewReader(c)
	for range 201 {
		readFrom(t, in, 200, `"owned"`)
	}
	if got := r.core.fast.Load(); got != 200 {
		t.Errorf("%d selections took the fast lane, want 200", got)
	}
}

func TestAClientThatHangsUpEndsItsSlowRequest(t *testing.T) {
	r := start(t, api.Options{})
	c := r.dial(t)
	send(t, c, "GET /v1/select/blocks HTTP/1.1\r\nHost: x\r\n\r\n")
	receive(t, r.core.entered, "blocked select")
	_ = c.Close()
	receive(t, r.core.closed, "end of the connection")
}

// To net/http the connection is idle, and it closes those at shutdown.
func TestShutdownFinishesAnAnswerOfTheFastLane(t *testing.T) {
	for name, sent := range map[string][]string{
		"idle to net/http": {getAlive, getOwned},
		"new to it":        {getOwned, getOwned},
		"pipelined":        {getAlive + getOwned, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g, c, stop, done := startGated(t, api.Limits{Grace: time.Hour})
			g.pass.Store(1)
			send(t, c, sent[0])
			in := bufio.NewReader(c)
			readFrom(t, in, 200, "")
			send(t, c, sent[1])
			receive(t, g.at, "answer")
			stop()
			for { // the socket is gone once the shutdown has begun
				probe, err := net.Dial("unix", g.Addr().String())
				if err != nil {
					break
				}
				_ = probe.Close()
			}
			close(g.open)
			readFrom(t, in, 200, `"owned"`)
			if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
				t.Errorf("after the answer came %q, %v, want the end", rest, err)
			}
			if err := receive(t, done, "the end of Serve"); err != nil {
				t.Errorf("Serve = %v, want nil", err)
			}
		})
	}
}

func TestShutdownCutsOffAnAnswerOfTheFastLane(t *testing.T) {
	for name, first := range map[string]string{"idle to net/http": getAlive, "new to it": getOwned} {
		t.Run(name, func(t *testing.T) {
			g, c, stop, done := startGated(t, api.Limits{Grace: short})
			send(t, c, first)
			readAnswer(t, c)
			g.pass.Store(0)
			send(t, c, getOwned)
			receive(t, g.at, "answer")
			stop()
			if err := receive(t, done, "the end of Serve"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Serve = %v, want %v", err, context.DeadlineExceeded)
			}
			wantEnd(t, c)
		})
	}
}

// A client that asks on the fast lane and reads nothing is cut off.
func TestAFastClientThatDoesNotRead(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Write: short, Idle: short, Arrive: short}})
	c := r.dial(t)
	many := strings.Repeat(getOwned, 1000)
	for {
		if _, err := io.WriteString(c, many); err != nil {
			break
		}
	}
	receive(t, r.core.closed, "end of the connection")
}
