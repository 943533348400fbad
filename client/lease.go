package client

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// Lease is a selection whose use the agent counts as one active connection until the lease ends. Its
// methods are safe for concurrent use.
type Lease struct {
	wire.Lease

	client *Client
	conn   *pinned // what the lease is bound to; nil of a ttl lease
	ended  atomic.Bool
}

// Lease takes a lease that ends with End, or when this process does: it is bound to a connection of
// its own, so it can't outlive a crash. An application that holds more than some hundreds at a time
// takes them with LeaseFor, as the agent has 1,024 connections for the whole host. Errors are those
// of Select.
func (c *Client) Lease(ctx context.Context, service string, opts ...PickOption) (*Lease, error) {
	l := &Lease{client: c}
	x := leaseExchange(wire.LeaseRequest{Pick: newPick(service, opts), Bind: wire.BindConnection}, &l.Lease)
	err := c.persist(ctx, true, func(ctx context.Context) (err error) {
		ctx, cancel := c.bound(ctx, 0)
		defer cancel()
		l.conn, err = c.pin(ctx, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", x.doing, err)
	}
	return l, nil
}

// LeaseFor takes a lease that ends with End, or when ttl (1 s to 1 h; 0 for the agent's 30 s) has
// passed without Renew, whatever becomes of this process. Errors are those of Select.
func (c *Client) LeaseFor(ctx context.Context, service string, ttl time.Duration, opts ...PickOption) (*Lease, error) {
	req := wire.LeaseRequest{Pick: newPick(service, opts), Bind: wire.BindTTL}
	if ttl != 0 {
		req.TTL = ttl.String()
	}
	l := &Lease{client: c}
	if err := c.do(ctx, leaseExchange(req, &l.Lease)); err != nil {
		return nil, err
	}
	return l, nil
}

func leaseExchange(req wire.LeaseRequest, out *wire.Lease) exchange {
	return exchange{
		doing:  fmt.Sprintf("lease from service %q", req.Service),
		method: http.MethodPost, path: "/v1/leases", body: req, out: out,
	}
}

// Renew gives a ttl lease its whole time again. A lease that is gone is a [*wire.Problem] with
// [wire.CodeUnknownLease]. A lease bound to its connection has no time to renew: nil.
func (l *Lease) Renew(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	return l.client.RenewLease(ctx, l.LeaseID)
}

// End ends the lease and tells how the use went; an empty outcome tells nothing. Only the first call
// does anything. An error means that the outcome may be lost; the lease itself ends all the same, at
// once where it is bound to its connection, else with its time.
func (l *Lease) End(ctx context.Context, outcome wire.Outcome) error {
	if l.ended.Swap(true) {
		return nil
	}
	if l.conn == nil {
		return l.client.EndLease(ctx, l.LeaseID, outcome)
	}
	x := endExchange(l.LeaseID, outcome)
	ctx, cancel := l.client.bound(ctx, 0)
	defer cancel()
	if err := l.conn.do(ctx, x); err != nil {
		l.conn.close()
		return fmt.Errorf("%s: %w", x.doing, l.client.explain(ctx, err))
	}
	l.client.spare.put(l.conn)
	return nil
}

// RenewLease gives the ttl lease its whole time again. When it is gone, the error is a
// [*wire.Problem] with [wire.CodeUnknownLease].
func (c *Client) RenewLease(ctx context.Context, id string) error {
	return c.do(ctx, exchange{
		doing:  fmt.Sprintf("renew lease %q", id),
		method: http.MethodPut, path: route("/v1/leases", id),
	})
}

// EndLease ends any lease by its id; one that is gone already is no error.
func (c *Client) EndLease(ctx context.Context, id string, outcome wire.Outcome) error {
	return c.do(ctx, endExchange(id, outcome))
}

func endExchange(id string, outcome wire.Outcome) exchange {
	x := exchange{
		doing:  fmt.Sprintf("end lease %q", id),
		method: http.MethodDelete, path: route("/v1/leases", id),
	}
	if outcome != (wire.Outcome{}) {
		x.body = outcome
	}
	return x
}
