package client

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// pinned is a connection that one lease is bound to. net/http's transport chooses a connection for
// each request by itself, so this one is spoken to by hand. One goroutine at a time may use it.
type pinned struct {
	conn net.Conn
	r    *bufio.Reader
	last bool // the agent has said that it closes the connection after this answer
}

// pin runs x, which takes a lease, over a connection that nobody else has, and returns it. A spare
// one may have been closed by the agent meanwhile. Then x runs again over a new one, which is safe:
// whatever lease the lost connection may have got has ended with it. With an error, what is returned
// is of no use.
func (c *Client) pin(ctx context.Context, x exchange) (*pinned, error) {
	if p := c.spare.take(); p != nil {
		err := c.runPinned(ctx, p, x)
		if err == nil || !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
			return p, err
		}
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	p := &pinned{conn: conn, r: bufio.NewReader(conn)}
	return p, c.runPinned(ctx, p, x)
}

// runPinned runs x over p. After an error p has no lease: an answer that refused one leaves it to
// the next, and whatever else happened, p is closed.
func (c *Client) runPinned(ctx context.Context, p *pinned, x exchange) error {
	err := p.do(ctx, x)
	if err == nil {
		c.reached()
		return nil
	}
	if _, refused := errors.AsType[*wire.Problem](err); refused {
		c.reached()
		c.spare.put(p)
		return err
	}
	p.close()
	return c.explain(ctx, err)
}

// do sends x and reads its answer, both bounded by ctx.
func (p *pinned) do(ctx context.Context, x exchange) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	req, err := x.request(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = p.conn.SetDeadline(time.Unix(1, 0)) })
	resp, body, err := p.roundTrip(req)
	if !stop() && err == nil {
		err = ctx.Err() // the deadline is set, so the connection is of no more use
	}
	if err != nil {
		return err
	}
	return x.decode(resp, body)
}

func (p *pinned) roundTrip(req *http.Request) (*http.Response, []byte, error) {
	if err := req.Write(p.conn); err != nil {
		return nil, nil, err
	}
	resp, err := http.ReadResponse(p.r, req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	p.last = resp.Close
	body, err := readBody(resp, maxBody)
	return resp, body, err
}

func (p *pinned) close() { _ = p.conn.Close() }

// spares keeps connections that leases have let go of: a lease for each request of an application
// then costs no dial. The zero value is ready.
type spares struct {
	mu     sync.Mutex
	conns  []*pinned
	closed bool
}

// take returns the connection that was used last, the likeliest to be alive still; nil without one.
func (s *spares) take() *pinned {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) == 0 {
		return nil
	}
	last := len(s.conns) - 1
	p := s.conns[last]
	s.conns[last] = nil
	s.conns = s.conns[:last]
	return p
}

// put keeps p for the next lease, or closes it when there are enough or it has no future.
func (s *spares) put(p *pinned) {
	s.mu.Lock()
	keep := !p.last && !s.closed && len(s.conns) < maxSpare
	if keep {
		s.conns = append(s.conns, p)
	}
	s.mu.Unlock()
	if !keep {
		p.close()
	}
}

func (s *spares) close() {
	s.mu.Lock()
	conns := s.conns
	s.conns, s.closed = nil, true
	s.mu.Unlock()
	for _, p := range conns {
		p.close()
	}
}
