package consul

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

// newTransport makes what connections are made with. Half-open connections show after half a minute
// at most: by pings over HTTP/2, by keepalives of TCP otherwise.
func (p *pool) newTransport(tlsConfig *tls.Config) *http.Transport {
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if p.target.socket != "" {
				network, address = "unix", p.target.socket
			}
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return meter(conn, &p.traffic), nil
		},
		TLSClientConfig:        tlsConfig,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: 15 * time.Second,
			PingTimeout:     min(15*time.Second, p.config.RequestTimeout),
		},
	}
}

// dial makes a connection.
func (p *pool) dial(ctx context.Context, transport *http.Transport) (*connection, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.config.RequestTimeout, overdue(p.config.RequestTimeout))
	defer cancel()
	conn, err := transport.NewClientConn(ctx, p.target.scheme, p.target.address)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("connect: %w", err)
	}
	c, err := newConnection(p, conn)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	conn.SetStateHook(func(*http.ClientConn) { p.wake() })
	return c, nil
}

// wake is called by connections when they close or take more.
func (p *pool) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serve()
}

// renew breaks off all queries, so that they are asked again with what is in force now. With a
// transport, that is on new connections.
func (p *pool) renew(transport *http.Transport) {
	p.mu.Lock()
	if transport != nil {
		p.transport = transport
		p.generation++
	}
	for l := range p.leases {
		l.breakOff(errRenewed)
	}
	p.mu.Unlock()
	p.sweep(time.Now())
}

// idleFor is how long a connection is kept that nobody uses.
const idleFor = 90 * time.Second

// sweep closes the connections that nobody uses and that have no future.
func (p *pool) sweep(now time.Time) {
	p.closeIf(func(c *connection) bool {
		return c.held == 0 && (c.generation != p.generation || now.Sub(c.idleSince) > idleFor)
	})
}

func (p *pool) closeIf(condition func(*connection) bool) {
	var closing []*connection
	p.mu.Lock()
	kept := p.connections[:0]
	for _, c := range p.connections {
		if condition(c) {
			closing = append(closing, c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(p.connections[len(kept):])
	p.connections = kept
	p.mu.Unlock()
	for _, c := range closing {
		_ = c.http.Close() // it is done with
	}
}

// overdue is the error of something that took longer than it may.
type overdue time.Duration

func (o overdue) Error() string { return fmt.Sprintf("no complete answer within %s", time.Duration(o)) }
