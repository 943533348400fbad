package consul

import (
	"net"
	"sync/atomic"
)

// traffic counts what Consul is asked and says.
type traffic struct {
	queries, sent, received atomic.Uint64
	open                    atomic.Int64 // connections
}

// meteredConn counts the bytes of a connection as they are on the wire.
type meteredConn struct {
	net.Conn
	traffic *traffic
	closed  atomic.Bool
}

func meter(conn net.Conn, t *traffic) *meteredConn {
	t.open.Add(1)
	return &meteredConn{Conn: conn, traffic: t}
}

func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.traffic.received.Add(uint64(n))
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.traffic.sent.Add(uint64(n))
	return n, err
}

func (c *meteredConn) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.traffic.open.Add(-1)
	}
	return c.Conn.Close()
}
