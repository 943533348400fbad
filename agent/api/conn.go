package api

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// phase is where a connection stands between two requests. Each has its own limit of time, which conn
// keeps instead of net/http: the latter can't tell a connection that holds leases from an idle one, a
// slow request from a long answer, or say why it hangs up.
type phase uint8

const (
	waiting  phase = iota // for the first byte of a request: Limits.Idle, longer while it holds leases
	heading               // the header is arriving: Limits.Arrive since its first byte
	arriving              // the header is here and the body may not be: the rest of the same time
	serving               // the request is here: no limit on reading, the route has its own
)

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// conn is an accepted connection: its number, who is on the other end, and its limits of time.
type conn struct {
	net.Conn
	caller Caller
	limits Limits
	leases Connections
	leave  func() // frees its place; set by the listener before anybody reads
	once   sync.Once

	mu      sync.Mutex
	phase   phase
	until   time.Time // the read deadline of the phase; zero: none
	retired bool      // the server is shutting down: waiting is over
}

func newConn(raw net.Conn, caller Caller, limits Limits, leases Connections) *conn {
	c := &conn{Conn: raw, caller: caller, limits: limits, leases: leases}
	leases.Opened(caller.Conn)
	c.wait()
	return c
}

type connKey struct{}

// withConn makes the requests of a connection find it.
func withConn(ctx context.Context, c *conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(ctx context.Context) *conn { return ctx.Value(connKey{}).(*conn) }

// Read implements net.Conn. It notices when a request begins, and what it means when time is up.
func (c *conn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if n > 0 {
			c.heard()
			return n, err
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !c.overtime() {
			return n, err
		}
	}
}

// heard notes that bytes came.
func (c *conn) heard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == waiting {
		c.enter(heading, time.Now().Add(c.limits.Arrive))
	}
}

// overtime handles a read deadline that has passed; true when reading may go on. To a request that is
// late it says so and hangs up: net/http would do the latter without a word, or call it malformed.
func (c *conn) overtime() bool {
	held := c.leases.Held(c.caller.Conn) > 0
	c.mu.Lock()
	again := c.phase == waiting && held && !c.retired
	if again {
		c.enter(waiting, time.Now().Add(c.limits.Idle))
	}
	late := c.phase == heading
	c.mu.Unlock()
	if late {
		_, _ = c.Write(rawProblem(tooSlow()))
		_ = c.Close()
	}
	return again
}

// begin says that a request's header is here. With pipelining it may have come with the request
// before, unheard: its time then starts now.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == waiting {
		c.until = time.Now().Add(c.limits.Arrive)
	}
	c.enter(arriving, c.until)
}

// arrived says that all of a request is here.
func (c *conn) arrived() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enter(serving, time.Time{})
}

// wait says that the connection is idle.
func (c *conn) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := time.Now().Add(c.limits.Idle)
	if c.retired {
		until = longAgo
	}
	c.enter(waiting, until)
}

// retire ends the connection if it is idle, now or later.
func (c *conn) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.retired = true
	if c.phase == waiting {
		c.enter(waiting, longAgo)
	}
}

// enter changes the phase; the caller holds the lock. A deadline that can't be set is that of a
// connection which is closed, and reading will say so.
func (c *conn) enter(p phase, until time.Time) {
	changed := !c.until.Equal(until) || p == waiting
	c.phase, c.until = p, until
	if changed {
		_ = c.Conn.SetReadDeadline(until)
	}
}

// SetReadDeadline implements net.Conn for net/http, which has no limits of its own here: it interrupts
// its own reading with a time that has passed, and takes that back with the zero time.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.IsZero() {
		t = c.until
	}
	return c.Conn.SetReadDeadline(t)
}

// Write implements net.Conn: whoever doesn't read for too long is cut off.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limits.Write)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// CloseWrite lets net/http send the end of its answer before it hangs up on unread input.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements net.Conn; the leases that are bound to the connection end with it.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.leases.Closed(c.caller.Conn) })
	return err
}
