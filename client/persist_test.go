package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// restartable is an agent that one test takes down and brings back.
type restartable struct {
	t       *testing.T
	path    string
	server  *http.Server
	handler http.HandlerFunc
	dials   chan struct{} // one token for each try to connect
}

func newRestartable(t *testing.T, handler http.HandlerFunc) (*restartable, *Client) {
	r := &restartable{t: t, path: socketPath(t), handler: handler, dials: make(chan struct{}, 1024)}
	r.start()
	c := New(r.path, WithPatience(time.Minute))
	t.Cleanup(c.Close)
	dial := c.dial
	c.dial = func(ctx context.Context) (net.Conn, error) {
		r.dials <- struct{}{}
		return dial(ctx)
	}
	return r, c
}

func (r *restartable) start() {
	r.server = &http.Server{Handler: r.handler}
	serveOn(r.t, r.server, r.path)
}

// stop ends the server and forgets the tries so far.
func (r *restartable) stop() {
	_ = r.server.Close()
	for len(r.dials) > 0 {
		<-r.dials
	}
}

// TestCallsSurviveARestart makes each call while nobody listens, and brings the agent back once the call has
// tried twice.
func TestCallsSurviveARestart(t *testing.T) {
	for name, call := range map[string]func(context.Context, *Client) error{
		"select": func(ctx context.Context, c *Client) error {
			_, err := c.Select(ctx, "web")
			return err
		},
		"report": func(ctx context.Context, c *Client) error {
			return c.Report(ctx, wire.Report{Service: "web"})
		},
		"lease": func(ctx context.Context, c *Client) error {
			_, err := c.Lease(ctx, "web")
			return err
		},
		"lease for a time": func(ctx context.Context, c *Client) error {
			_, err := c.LeaseFor(ctx, "web", time.Minute)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, c := newRestartable(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{}`) })
			if err := c.Healthz(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.stop()
			done := make(chan error)
			go func() { done <- call(t.Context(), c) }()
			<-r.dials
			<-r.dials
			r.start()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWhatMayHaveArrivedIsNotSentTwice has the agent hang up in the middle of a request, once.
func TestWhatMayHaveArrivedIsNotSentTwice(t *testing.T) {
	for name, test := range map[string]struct {
		call func(context.Context, *Client) error
		sent int32
	}{
		"report": {func(ctx context.Context, c *Client) error { return c.Report(ctx, wire.Report{Service: "web"}) }, 1},
		"group": {func(ctx context.Context, c *Client) error {
			_, err := c.Group(ctx, "web")
			return err
		}, 2},
		"batch": {func(ctx context.Context, c *Client) error {
			_, err := c.SelectBatch(ctx, nil)
			return err
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int32
			_, c := newRestartable(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/healthz" && sent.Add(1) == 1 {
					panic(http.ErrAbortHandler)
				}
				answer(w, 200, `{}`)
			})
			if err := c.Healthz(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.calls.CloseIdleConnections() // net/http repeats by itself what a reused connection lost
			err := test.call(t.Context(), c)
			if sent.Load() != test.sent || (err == nil) != (test.sent == 2) {
				t.Errorf("sent %d times, want %d; %v", sent.Load(), test.sent, err)
			}
		})
	}
}

// TestPatience counts the tries of calls to an agent that never comes back, in a bubble.
func TestPatience(t *testing.T) {
	for name, test := range map[string]struct {
		met       bool
		err       error
		least     int
		most      int
		patience  time.Duration
		wantsTime time.Duration
	}{
		"never met":    {false, errNoSocket, 1, 1, time.Minute, 0},
		"restarting":   {true, errNoSocket, 20, 300, time.Minute, time.Minute},
		"not allowed":  {true, errNotAllowed, 1, 1, time.Minute, 0},
		"no patience":  {true, errNoSocket, 1, 1, 0, 0},
		"some of both": {true, errNoSocket, 2, 100, 3 * time.Second, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dials, began := 0, time.Now()
				c := New("pipe", WithPatience(test.patience))
				c.dial = func(context.Context) (net.Conn, error) {
					dials++
					return nil, test.err
				}
				c.met.Store(test.met)
				_, err := c.Select(t.Context(), "web")
				if !errors.Is(err, ErrUnreachable) {
					t.Errorf("got %v", err)
				}
				if dials < test.least || dials > test.most || time.Since(began) != test.wantsTime {
					t.Errorf("%d tries in %v, want %d to %d in %v", dials, time.Since(began), test.least, test.most, test.wantsTime)
				}
			})
		})
	}
}

var (
	errNoSocket   = &dialError{syscall.ENOENT}
	errNotAllowed = &dialError{syscall.EACCES}
)

func TestJittered(t *testing.T) {
	for _, test := range []struct {
		failed int
		random float64
		want   time.Duration
	}{
		{1, 0, 0},
		{1, 0.5, firstWait / 2},
		{2, 0.5, firstWait},
		{3, 0.25, firstWait},
		{7, 1, longestWait},
		{1000, 0.5, longestWait / 2},
	} {
		if got := jittered(test.failed, test.random, longestWait); got != test.want {
			t.Errorf("after %d failures and %v it is %v, want %v", test.failed, test.random, got, test.want)
		}
	}
}
