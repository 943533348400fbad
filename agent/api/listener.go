package api

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// Turning away takes a moment, so that the client has sent its request and reads the answer to it.
const (
	maxTurnedAway = 64          // at a time; those beyond are answered without that moment
	turnAwayTime  = time.Second // at most
	turnAwayBytes = 8 << 10
)

// listener admits connections up to the limit and turns the others away with an answer.
type listener struct {
	net.Listener
	admit func(net.Conn) *conn
	limit int
	taken atomic.Int64

	turning sync.WaitGroup
	turns   chan struct{} // a token for each that is being turned away
}

func newListener(l net.Listener, limit int, admit func(net.Conn) *conn) *listener {
	return &listener{Listener: l, admit: admit, limit: limit, turns: make(chan struct{}, maxTurnedAway)}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.taken.Add(1) <= int64(l.limit) {
			c := l.admit(raw)
			c.leave = func() { l.taken.Add(-1) }
			return c, nil
		}
		l.taken.Add(-1)
		l.turnAway(raw)
	}
}

// turnAway answers that there are too many connections. It does not block.
func (l *listener) turnAway(raw net.Conn) {
	answer := rawProblem(tooMany(l.limit))
	select {
	case l.turns <- struct{}{}:
		l.turning.Go(func() {
			defer func() { <-l.turns }()
			turnAway(raw, answer, turnAwayTime)
		})
	default:
		turnAway(raw, answer, 0)
	}
}

// turnAway waits for the header of a request for as long as there is patience, then answers and hangs
// up. All of it is best effort: the client may be gone.
func turnAway(raw net.Conn, answer []byte, patience time.Duration) {
	_ = raw.SetReadDeadline(time.Now().Add(patience))
	var header []byte
	for buf := make([]byte, 1024); len(header) < turnAwayBytes && !bytes.Contains(header, []byte("\r\n\r\n")); {
		n, err := raw.Read(buf)
		if err != nil {
			break
		}
		header = append(header, buf[:n]...)
	}
	_ = raw.SetWriteDeadline(time.Now().Add(turnAwayTime)) // it fits into the empty buffer of a socket
	_, _ = raw.Write(answer)
	_ = raw.Close()
}

// rawProblem is a whole answer in bytes, for connections that net/http does not serve.
func rawProblem(p *wire.Problem) []byte {
	body, err := encode(p)
	if err != nil {
		panic(errors.Join(errors.New("encode a problem"), err)) // it holds only strings and numbers
	}
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		p.Status, http.StatusText(p.Status), typeProblem, len(body), body)
}
