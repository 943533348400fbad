package api

import (
	"os"
	"time"
)

// lightBytes is how much may be buffered on the fast lane and be answered without waiting for a turn: a
// select, a lease, a batch of a hundred picks.
const lightBytes = 3 << 10

// What is consumed, in units of a select over the fast lane.
const (
	connectUnits  = 8   // a connection
	standardUnits = 4   // a request that net/http gets
	bytesAUnit    = 256 // of further requests that come at once, and of long ones

	timeAUnit = 10 * time.Microsecond // of turns, see fair.Turn
)

// open has a connection pay for what it consumes. The agent asks itself whether it answers, and is neither
// company nor held back.
func (s *Server) open(c *conn) {
	if int(c.caller.PID) == os.Getpid() {
		return
	}
	c.account = s.pace.Open(c.caller.UID)
	c.owe(connectUnits)
}

func (s *Server) close(c *conn) {
	if c.account != nil {
		s.pace.Close(c.account, int(c.owed.Swap(0)))
	}
}

// settle pays for what the connection has consumed. It waits while the user is paced, see fair.Pace.
func (c *conn) settle() {
	if units := c.owed.Swap(0); units > 0 && c.account != nil {
		c.account.Pay(int(units))
	}
}

// owe has the connection pay for units before it consumes more.
func (c *conn) owe(units int) { c.owed.Add(int64(units)) }

// work has the fast lane answer what is buffered, in a turn if that is more than a little.
func (c *conn) work() (v verdict, missing int) {
	c.settle()
	l := &c.lane
	if l.w-l.r > lightBytes {
		c.turns.Small(c.caller.UID)
		defer c.turns.EndSmall(c.caller.UID)
	}
	before := l.r
	v, missing = l.serve(c.caller)
	if answered := l.r - before; answered > 0 {
		l.answered = true
		c.owe(1 + answered/bytesAUnit)
	}
	if left := l.w - l.r; v == odd && l.answered && left < peeked {
		v, missing = partial, peeked-left
	}
	if v == framed || v == odd {
		c.owe(standardUnits)
	}
	return v, missing
}
