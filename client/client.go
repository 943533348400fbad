package client

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// defaultTimeout is far above what an agent needs, the 2 s for a first snapshot included: whoever
	// needs it asks an agent that hangs.
	defaultTimeout = 10 * time.Second

	// maxCalls bounds the connections that calls share, so that an application with thousands of
	// goroutines queues here instead of using up the connections of the agent (1,024 for the host).
	maxCalls = 64

	// maxSpare bounds the connections that stay open without work, of each kind.
	maxSpare = 16

	// idleTimeout is below the agent's 60 s, so that a request seldom meets a connection that the
	// agent is closing.
	idleTimeout = 50 * time.Second
)

// Client talks to one agent. It is safe for concurrent use, opens its first connection when it is
// first needed, and follows an agent that restarts.
type Client struct {
	socket  string
	timeout time.Duration
	dial    func(context.Context) (net.Conn, error)
	calls   *http.Client // answered at once
	streams *http.Client // watches and index waits, which hold a connection each for long
	spare   spares       // connections that leases have let go of

	patience time.Duration // with an agent that restarts
	met      atomic.Bool   // an agent has answered before
}

// Option changes what New builds.
type Option func(*Client)

// WithTimeout bounds each call that the agent answers at once, besides the caller's context; 10 s by
// default, and 0 for no bound. A watch is bounded by the agent's heartbeats instead.
func WithTimeout(d time.Duration) Option {
	return func(c *Client) { c.timeout = d }
}

// New returns a client of the agent that listens at the path socket. It does no I/O.
func New(socket string, opts ...Option) *Client {
	c := &Client{socket: socket, timeout: defaultTimeout, patience: defaultPatience}
	c.dial = func(ctx context.Context) (net.Conn, error) { return dialSocket(ctx, socket) }
	for _, opt := range opts {
		opt(c)
	}
	c.calls = &http.Client{Transport: c.transport(maxCalls), CheckRedirect: noRedirect}
	c.streams = &http.Client{Transport: c.transport(0), CheckRedirect: noRedirect}
	return c
}

// Socket is the path that the client was made with.
func (c *Client) Socket() string { return c.socket }

// Close lets go of the connections that are idle. Calls under way, watches and leases still held go
// on until they end by themselves, and what they then leave is closed too.
func (c *Client) Close() {
	c.calls.CloseIdleConnections()
	c.streams.CloseIdleConnections()
	c.spare.close()
}

func (c *Client) transport(maxConns int) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.dial(ctx)
		},
		DisableCompression:  true, // the bytes never leave the host
		MaxConnsPerHost:     maxConns,
		MaxIdleConns:        maxSpare,
		MaxIdleConnsPerHost: maxSpare,
		IdleConnTimeout:     idleTimeout,
	}
}

// noRedirect keeps a redirect as the answer: an agent sends none, and its socket has nowhere to go.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// bound gives ctx the client's timeout and extra, with a cause that explain knows.
func (c *Client) bound(ctx context.Context, extra time.Duration) (context.Context, context.CancelFunc) {
	if c.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, c.timeout+extra, errSilent)
}
