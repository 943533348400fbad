package client

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/remora-agent/remora/balancer"
)

const (
	// connectTimeout is how long one backend may take to accept a connection before another is tried.
	connectTimeout = 3 * time.Second

	// maxConnects is how many backends are tried for one connection or request.
	maxConnects = 3
)

type pickKey struct{}

// WithKey gives what strategies that hash are to hash to whatever selects under the context that it
// returns: DialContext, a Transport, a gRPC call.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, pickKey{}, key)
}

// PickOf is the pick that a context asks for.
func PickOf(ctx context.Context) balancer.Pick {
	key, _ := ctx.Value(pickKey{}).(string)
	return balancer.Pick{Key: key}
}

// DialContext connects to a backend of the service that address names, with or without a port, which has
// no meaning. It counts the connection until it is closed, tells the agent whether the backend accepted
// it and how long that took, and tries up to three backends. It is what http.Transport, database drivers
// and others take as a dialer.
func (b *Balancer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	service := serviceOf(address)
	var conn net.Conn
	err := b.connect(ctx, service, func(use *Use) (again bool, err error) {
		dialing, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		var d net.Dialer
		began := time.Now()
		raw, err := d.DialContext(dialing, network, use.Address())
		if err != nil {
			return true, err
		}
		use.went(true, time.Since(began))
		conn = counted(raw, use)
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("dial service %q: %w", service, err)
	}
	return conn, nil
}

func serviceOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// connect calls try with one backend after the other until one of them does, or try says that another one
// would not help. try ends the use, now or later, if it succeeds.
func (b *Balancer) connect(ctx context.Context, service string, try func(*Use) (again bool, err error)) error {
	pick := PickOf(ctx)
	var failed error
	for range maxConnects {
		use, err := b.Acquire(service, pick)
		if err != nil {
			return firstError(failed, err)
		}
		began := time.Now()
		again, err := try(use)
		if err == nil {
			return nil
		}
		use.End(blame(ctx, time.Since(began)))
		if !again || ctx.Err() != nil {
			return err
		}
		failed = err
		pick.Exclude = append(pick.Exclude, use.Address())
	}
	return failed
}

// firstError prefers what a backend had to say to there being no other one.
func firstError(failed, err error) error {
	if failed != nil {
		return failed
	}
	return err
}

// counted is the connection, whose use ends when it is closed. One over TCP keeps all that net.TCPConn
// can do.
func counted(conn net.Conn, use *Use) net.Conn {
	end := sync.OnceFunc(func() { use.End(nothing) })
	if tcp, ok := conn.(*net.TCPConn); ok {
		return &countedTCP{tcp, end}
	}
	return &countedConn{conn, end}
}

type countedConn struct {
	net.Conn
	end func()
}

func (c *countedConn) Close() error {
	c.end()
	return c.Conn.Close()
}

type countedTCP struct {
	*net.TCPConn
	end func()
}

func (c *countedTCP) Close() error {
	c.end()
	return c.TCPConn.Close()
}
