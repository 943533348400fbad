package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/agent/fair"
)

// phase is where a connection stands between two requests. Each has its own limit of time, which conn
// keeps instead of net/http: the latter can't tell a connection that holds leases from an idle one, a
// slow request from a long answer, or say why it hangs up.
type phase uint8

const (
	waiting   phase = iota // for the first byte of a request: Limits.Idle, longer while it holds leases
	heading                // a request is arriving: Limits.Arrive since its first byte
	answering              // the fast lane has requests to answer
	handing                // net/http gets a request that is not for the fast lane: the rest of its time
	arriving               // the header is here and the body may not be: the rest of the same time
	serving                // the request is here: no limit on reading, the route has its own
)

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// idleChecks is how often in its idle time a busy connection is looked at, see rest.
const idleChecks = 8

// conn is an accepted connection: its number, who is on the other end, its fast lane, and its limits
// of time.
type conn struct {
	net.Conn
	lane   lane
	caller Caller
	limits Limits
	leases Connections
	turns  *fair.Turns

	account *fair.Account // what it consumes
	owed    atomic.Int64  // units that it has not paid yet

	leave func() // frees its place; set by the listener before anybody reads
	once  sync.Once

	mu      sync.Mutex
	phase   phase
	until   time.Time // the read deadline of the phase; zero: none
	since   time.Time // it has been idle since then, unless it was used
	used    bool      // the fast lane answered something since then
	far     bool      // until is too far away to notice in time that a used connection is idle
	silent  bool      // nothing was heard on it yet
	retired bool      // the server is shutting down: waiting is over
	fenced  bool      // nothing more can be sent to it, see fence
}

func newConn(raw net.Conn, caller Caller, limits Limits, leases Connections, turns *fair.Turns) *conn {
	c := &conn{Conn: raw, caller: caller, limits: limits, leases: leases, turns: turns, silent: true}
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

// receive reads from the socket. It notices when a request begins, and what it means when time is up.
func (c *conn) receive(p []byte) (int, error) {
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
	c.silent = false
	switch {
	case c.lane.mode == armed && c.retired:
		c.lane.mode = direct // net/http says with the answer that it is the last
		c.enter(heading, time.Now().Add(c.limits.Arrive))
	case c.lane.mode == armed:
		c.phase = answering
	case c.phase == waiting:
		c.enter(heading, time.Now().Add(c.limits.Arrive))
	}
}

// overtime handles a read deadline that has passed; true when reading may go on. To a request that is
// late it says so and hangs up: net/http would do the latter without a word, or call it malformed.
func (c *conn) overtime() bool {
	now := time.Now()
	c.mu.Lock()
	late := c.phase == heading || c.phase == handing
	again := c.phase == waiting && !c.retired
	over := again && !c.used && !now.Before(c.since.Add(c.limits.Idle))
	if again && !over {
		c.stillWaiting(now)
	}
	if c.phase == waiting && c.retired && !c.fenced {
		c.fence()
		again = c.fenced // there is something left to read, be it only the end
	}
	c.mu.Unlock()
	if late {
		_, _ = c.Write(rawProblem(tooSlow()))
		c.cut()
	}
	if !over {
		return again
	}
	if c.leases.Held(c.caller.Conn) == 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle(now)
	return true
}

// stillWaiting sets the next deadline of a connection whose idle time is not over; the caller holds the
// lock.
func (c *conn) stillWaiting(now time.Time) {
	if c.used {
		c.idle(now)
		return
	}
	c.far = true
	c.enter(waiting, c.since.Add(c.limits.Idle))
}

// rest says that the fast lane has answered all there was. It neither reads the clock nor sets a
// deadline, both of which would cost more than the answer: a busy connection has a deadline that comes
// up every eighth of the idle time, and what happened since the one before counts as happening now. So
// a connection is idle for an eighth longer at most.
func (c *conn) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase, c.used = waiting, true
	if c.far || c.retired {
		c.idle(time.Now())
	}
}

// part says that the fast lane has a part of a request, and whether it is the first it has of that one.
func (c *conn) part(first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase, c.far = heading, true
	if first {
		c.enter(heading, time.Now().Add(c.limits.Arrive))
	}
}

// hand says that net/http is to get a request, and whether the time of that one runs already.
func (c *conn) hand(begun bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase = handing
	if !begun {
		c.enter(handing, time.Now().Add(c.limits.Arrive))
	}
}

// begin says that a request's header is here. With pipelining it may have come with the request
// before, unheard: its time then starts now. The error says that net/http and the fast lane do not
// agree about where the request ends, which must not happen and ends the connection.
func (c *conn) begin(r *http.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == waiting {
		c.until = time.Now().Add(c.limits.Arrive)
	}
	c.enter(arriving, c.until)
	return c.lane.agree(r)
}

// arrived says that all of a request is here.
func (c *conn) arrived() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enter(serving, time.Time{})
}

// wait says that the connection is idle from now on.
func (c *conn) wait() {
	c.lane.arm()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle(time.Now())
}

// idle is wait for those who hold the lock.
func (c *conn) idle(now time.Time) {
	c.since, c.used, c.far = now, false, false
	if c.retired {
		c.finish(now)
		return
	}
	c.enter(waiting, now.Add(c.limits.Idle/idleChecks))
}

// enter changes the phase; the caller holds the lock. The fast lane writes without a deadline of its
// own, so what it reads under comes with one for writing that leaves Limits.Write in any case. A
// deadline that can't be set is that of a connection which is closed, and reading will say so.
func (c *conn) enter(p phase, until time.Time) {
	changed := !c.until.Equal(until) || p == waiting
	c.phase, c.until = p, until
	if !changed {
		return
	}
	_ = c.Conn.SetReadDeadline(until)
	if (p == waiting || p == heading) && !c.retired {
		_ = c.Conn.SetWriteDeadline(until.Add(c.limits.Write))
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

// Close implements net.Conn.
func (c *conn) Close() error {
	c.cut()
	return nil
}

// cut closes the connection at once; the leases that are bound to it end with it.
func (c *conn) cut() {
	_ = c.Conn.Close()
	c.once.Do(func() { c.leases.Closed(c.caller.Conn) })
}
