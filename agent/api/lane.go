package api

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Sizes of a lane's memory.
const (
	laneBytes     = 4 << 10  // what it reads at a time; a longer header is not for it, so that net/http's limit holds
	laneBodyBytes = 64 << 10 // of a request's body; a longer one is not for the lane
	laneOutBytes  = 64 << 10 // of answers that are sent together
)

// sampling is how many requests of a connection share one measured latency: reading the clock twice
// for each would cost more than answering does.
const sampling = 16

// peeked is how many bytes of a further request there must be for net/http to look at it. It says nothing to
// less than that, whatever they are.
const peeked = 4

// mode says who gets what a connection receives.
type mode uint8

const (
	direct   mode = iota // net/http gets all of it, from here on
	armed                // the lane, which answers what it can
	passing              // net/http: the rest of one request
	watching             // nobody: net/http has its request and only wants to know if the client hangs up
)

// lane is the fast lane of a connection: it sits in the connection's Read and answers requests that are
// complete, well-formed and plainly one of a few, before net/http sees them. All others go to net/http
// as they came: one at a time, if it is beyond doubt where they end, else with all that follows on the
// connection. docs/decisions/0030 says why the two can't disagree about where a request ends.
//
// Only Read and what net/http calls from the same goroutine touch it, and no two of them at a time.
type lane struct {
	*express
	scratch
	mode mode

	buf  []byte
	r, w int // buf[r:w] was received, and neither answered nor passed on

	answered bool  // a request, so that the next is not the first of the connection
	begun    bool  // the time of the request at r runs already
	left     int   // bytes that net/http has yet to get of its request
	promised int64 // length of that request's body; -1: net/http has begun to serve it

	out []byte // answers to be sent

	unsampled int           // requests until the next is timed
	took      time.Duration // what the last one that was timed took
}

// arm gives the connection back to the lane when net/http is done with a request.
func (l *lane) arm() {
	if l.mode == watching {
		l.mode = armed
	}
}

// errDisagree is what happens when the lane and net/http do not agree about where a request ends.
var errDisagree = errors.New("the fast lane and net/http disagree about where a request ends")

// agree holds the request that net/http is about to serve against the one that the lane passed on.
func (l *lane) agree(r *http.Request) error {
	if l.mode == direct {
		return nil
	}
	promised := l.promised
	l.promised = -1
	if l.mode == armed || r.ContentLength != promised || len(r.TransferEncoding) > 0 {
		return fmt.Errorf("%w: its body has %d bytes and not %d", errDisagree, r.ContentLength, promised)
	}
	return nil
}

// Read implements net.Conn for net/http, which gets only what the lane leaves to it.
func (c *conn) Read(p []byte) (int, error) {
	l := &c.lane
	if l.mode == armed {
		if err := c.answer(); err != nil {
			return 0, err
		}
	}
	switch l.mode {
	case passing:
		return c.pass(p)
	case watching:
		return 0, c.watch()
	}
	if l.r < l.w {
		return l.give(p), nil
	}
	l.buf = nil
	c.settle()
	c.owe(standardUnits)
	return c.receive(p)
}

// give hands over what is buffered.
func (l *lane) give(p []byte) int {
	n := copy(p, l.buf[l.r:l.w])
	l.r += n
	return n
}

// pass gives net/http the rest of its request, and never a byte more.
func (c *conn) pass(p []byte) (n int, err error) {
	l := &c.lane
	p = p[:min(len(p), l.left)]
	if l.r < l.w {
		n = l.give(p)
	} else {
		n, err = c.receive(p)
	}
	if l.left -= n; l.left == 0 {
		l.mode = watching
	}
	return n, err
}

// watch waits until the client hangs up or net/http wants to know no more. What comes meanwhile is the
// lane's, to be looked at when it is armed again; net/http takes no bytes with no error for neither.
func (c *conn) watch() error {
	l := &c.lane
	l.room(1)
	n, err := c.Conn.Read(l.buf[l.w:])
	l.w += n
	return err
}

// answer serves requests until one comes that is not for the lane, or the connection ends.
func (c *conn) answer() error {
	l := &c.lane
	if l.r < l.w {
		c.heard() // it came while net/http had its request
	}
	for l.mode == armed {
		verdict, missing := c.work()
		if err := c.flush(); err != nil {
			return err
		}
		switch verdict {
		case framed:
			c.hand(l.begun)
			l.mode, l.begun = passing, false
			return nil
		case odd:
			c.hand(l.begun)
			l.mode = direct
			return nil
		case plain:
			continue // there are more of them than are answered at a time
		}
		if err := c.fill(missing); err != nil {
			return err
		}
	}
	return nil
}

// fill receives more, with room for at least the bytes that are known to be missing.
func (c *conn) fill(missing int) error {
	l := &c.lane
	c.pause()
	l.room(missing)
	n, err := c.receive(l.buf[l.w:])
	l.w += n
	if n == 0 && errors.Is(err, io.EOF) && l.r < l.w && !(l.answered && l.w-l.r < peeked) {
		l.mode = direct // net/http knows what to say to half a request
		return nil
	}
	if n > 0 {
		return nil
	}
	return err
}

// pause says what the connection is waiting for.
func (c *conn) pause() {
	l := &c.lane
	if l.r == l.w {
		l.begun = false
		c.rest()
		return
	}
	first := !l.begun
	l.begun = true
	c.part(first)
}

// room makes room for n bytes.
func (l *lane) room(n int) {
	n = max(n, 1)
	if l.r == l.w {
		l.r, l.w = 0, 0
	}
	if l.w+n <= len(l.buf) {
		return
	}
	to := l.buf
	if l.w-l.r+n > len(l.buf) {
		to = make([]byte, max(laneBytes, l.w-l.r+n))
	}
	l.w = copy(to, l.buf[l.r:l.w])
	l.r, l.buf = 0, to
}

// flush sends the answers there are, in one write. A client that does not take them is cut off; to
// net/http, which would tell it so, that looks as if it hung up.
func (c *conn) flush() error {
	l := &c.lane
	if len(l.out) == 0 {
		return nil
	}
	if _, err := c.Conn.Write(l.out); err != nil {
		c.cut()
		return io.EOF
	}
	if l.out = l.out[:0]; cap(l.out) > 2*laneOutBytes {
		l.out = nil
	}
	return nil
}

// serve answers the requests that are buffered and for the lane, and gives its verdict on the one that
// follows. If that one is in part, it may know how many bytes are missing.
func (l *lane) serve(caller Caller) (v verdict, missing int) {
	for l.r < l.w && len(l.out) < laneOutBytes {
		rest := l.buf[l.r:l.w]
		h, v := l.memo.parse(rest)
		if v == partial && len(rest) >= laneBytes {
			return odd, 0
		}
		if v == partial || v == odd {
			return v, 0
		}
		at := wayOf(&h)
		if v == plain && at >= 0 && int64(h.length) <= l.bodyBytes {
			if missing := h.size + h.length - len(rest); missing > 0 {
				return partial, missing
			}
			l.asked = asked{caller, h, h.target[len(ways[at].prefix):], rest[h.size : h.size+h.length]}
			if l.timed(at) {
				l.r += h.size + h.length
				l.begun = false
				continue
			}
		}
		l.left, l.promised = h.size+h.length, int64(h.length)
		return framed, 0
	}
	if l.r < l.w {
		return plain, 0
	}
	return partial, 0
}

// timed answers one request the way at that place and tells who observes; false when it is not for the
// lane after all.
func (l *lane) timed(at int) bool {
	l.text = l.text[:0]
	if l.unsampled > 0 {
		l.unsampled--
		if !ways[at].answer(l) {
			return false
		}
	} else {
		start := time.Now()
		if !ways[at].answer(l) {
			return false
		}
		l.took, l.unsampled = time.Since(start), sampling-1
	}
	l.observers[at](l.took)
	return true
}

var _ net.Conn = (*conn)(nil)
