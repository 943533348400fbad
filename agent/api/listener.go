package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

// Turning away takes a moment, so that the client has sent its request and reads the answer to it.
const (
	maxTurnedAway = 64          // at a time; those beyond are answered without that moment
	turnAwayTime  = time.Second // at most
	turnAwayBytes = 8 << 10
)

// listener admits connections as long as there are places, shared out among users, and turns the others
// away with an answer.
type listener struct {
	net.Listener
	server *Server
	admin  bool // it is the admin socket
	shares *fair.Shares
	scarce scarcity

	closing context.Context
	close   context.CancelFunc

	turning sync.WaitGroup
	turns   chan struct{} // a token for each that is being turned away
}

func newListener(l Listener, s *Server) *listener {
	closing, stop := context.WithCancel(context.Background())
	return &listener{
		Listener: l.Listener, server: s, admin: l.Admin,
		shares:  s.sharesOf(s.limits.Connections, s.limits.ConnectionsPerUser),
		scarce:  scarcity{log: s.log, failures: &s.acceptFailures},
		closing: closing, close: stop,
		turns: make(chan struct{}, maxTurnedAway),
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.accept()
		if err != nil {
			return nil, err
		}
		caller := l.server.identify(raw, l.admin)
		verdict := l.shares.Take(caller.UID, l.server.handler.privileged(caller.UID))
		if verdict == fair.Admitted {
			c := l.server.admit(raw, caller)
			c.leave = func() { l.shares.Leave(caller.UID) }
			return c, nil
		}
		l.turnAway(raw, l.refusal(caller, verdict))
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.close()
	return l.Listener.Close()
}

// refusal is why a connection is turned away.
func (l *listener) refusal(c Caller, v fair.Verdict) *wire.Problem {
	h := l.server.handler
	if v == fair.Full {
		return h.overLimit(c, fair.Connections, "there are %d connections already, which is the limit but for a few that are kept for operators", l.shares.Places())
	}
	return h.overLimit(c, fair.Connections, "%s has its share of the %d connections: no user may have more than %d, nor more than are free",
		describe(c), l.shares.Places(), l.server.limits.ConnectionsPerUser)
}

// turnAway answers why there is no place. It does not block.
func (l *listener) turnAway(raw net.Conn, why *wire.Problem) {
	answer := rawProblem(why)
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

// rawProblem is a whole answer in bytes, for connections that net/http does not serve. All such problems
// are over_limit.
func rawProblem(p *wire.Problem) []byte {
	body, err := encode(p)
	if err != nil {
		panic(errors.Join(errors.New("encode a problem"), err)) // it holds only strings and numbers
	}
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nRetry-After: %s\r\nConnection: close\r\n\r\n%s",
		p.Status, http.StatusText(p.Status), typeProblem, len(body), retryAfter, body)
}
