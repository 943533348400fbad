package api

import (
	"net"
	"runtime"
	"time"
)

// A client may send its next request in the very moment in which the server hangs up on an idle
// connection, and can't know whether that one was served. Here it can: what was sent before the fence is
// answered, and a client that sends later learns at once that not a byte was taken, so that it can send
// the request again on another connection without a doubt, whatever the request does.

// retire ends the connection when it is idle, now or later.
func (c *conn) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.retired = true
	if c.phase == waiting {
		c.finish(time.Now())
	}
}

// ending tells whether the server is shutting down, so that an answer should be the last.
func (c *conn) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.retired
}

// finish ends a connection that waits. One that has been opened and not used yet gets as long as a
// request may take to arrive: clients do not try again when a new connection fails. The caller holds the
// lock.
func (c *conn) finish(now time.Time) {
	if first := c.since.Add(c.limits.Arrive); c.silent && now.Before(first) {
		c.enter(waiting, first)
		return
	}
	c.fence()
}

// fence lets what was sent to a UNIX socket so far be read, and then its end; whoever sends to it later
// gets EPIPE, and nothing of it has been taken (Linux: unix_stream_sendmsg looks at RCV_SHUTDOWN under
// the lock under which it queues). Elsewhere, where shutdown(2) drops what has been received, the
// connection ends at once. The caller holds the lock.
func (c *conn) fence() {
	socket, ok := c.Conn.(*net.UnixConn)
	if runtime.GOOS != "linux" || !ok || !c.fenced && socket.CloseRead() != nil {
		c.enter(waiting, longAgo)
		return
	}
	c.fenced = true
	c.enter(waiting, time.Time{})
}
