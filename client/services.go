package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// Services lists the services that the agent keeps now, sorted by name.
func (c *Client) Services(ctx context.Context) ([]wire.ServiceSummary, error) {
	var list wire.ServiceList
	err := c.do(ctx, exchange{
		doing: "list services", method: http.MethodGet, path: "/v1/services", out: &list,
	})
	return list.Services, err
}

// Group returns all that the agent knows of a service, at one consistent moment. The error for one
// that it does not know is a [*wire.Problem] with [wire.CodeUnknownService].
func (c *Client) Group(ctx context.Context, service string) (wire.Group, error) {
	return c.GroupAfter(ctx, service, 0, 0)
}

// GroupAfter is Group once its index is above index, or after wait (at most 10 minutes) with what
// there is by then. Compare the index of the answer to tell the two apart.
func (c *Client) GroupAfter(ctx context.Context, service string, index uint64, wait time.Duration) (wire.Group, error) {
	query := url.Values{}
	if wait > 0 {
		query.Set("index", strconv.FormatUint(index, 10))
		query.Set("wait", wait.String())
	}
	var g wire.Group
	err := c.do(ctx, exchange{
		doing:  fmt.Sprintf("read service %q", service),
		method: http.MethodGet, path: route("/v1/services", service),
		query: query, wait: wait, out: &g,
	})
	return g, err
}

// History returns the last changes of a service, the oldest first, those of a service that is gone
// included. The agent keeps a bounded number in memory, so none is left of what was before it started.
func (c *Client) History(ctx context.Context, service string) (wire.History, error) {
	var h wire.History
	err := c.do(ctx, exchange{
		doing:  fmt.Sprintf("read history of service %q", service),
		method: http.MethodGet, path: route("/v1/services", service, "history"), out: &h,
	})
	return h, err
}

// Register registers a service of source api, or replaces it with a fresh group: what was known of
// its backends is forgotten. A service that a catalog or the configuration owns is a
// [*wire.Problem] with [wire.CodeOwnedBySource]. Like all changes, it needs the rights of an
// operator, else the error has [wire.CodeForbidden].
func (c *Client) Register(ctx context.Context, service string, r wire.Registration) error {
	if r.Backends == nil {
		r.Backends = []wire.BackendSpec{}
	}
	return c.do(ctx, exchange{
		doing:  fmt.Sprintf("register service %q", service),
		method: http.MethodPut, path: route("/v1/services", service), body: r,
	})
}

// Unregister removes a service of source api.
func (c *Client) Unregister(ctx context.Context, service string) error {
	return c.do(ctx, exchange{
		doing:  fmt.Sprintf("unregister service %q", service),
		method: http.MethodDelete, path: route("/v1/services", service),
	})
}

// Accept believes what the sources of a service withdrew: the backends that are held are sent away, and no
// selection gets one any more. It returns their addresses; there are none where nothing is held. It needs
// the rights of an operator.
func (c *Client) Accept(ctx context.Context, service string) (wire.Accepted, error) {
	var accepted wire.Accepted
	err := c.do(ctx, exchange{
		doing:  fmt.Sprintf("accept what was withdrawn of service %q", service),
		method: http.MethodPost, path: route("/v1/services", service, "accept"), out: &accepted,
	})
	return accepted, err
}

// UpdateBackends gives a service of source api a new list. Backends at addresses that stay keep
// their health, connections and failures.
func (c *Client) UpdateBackends(ctx context.Context, service string, backends []wire.BackendSpec) (wire.Diff, error) {
	if backends == nil {
		backends = []wire.BackendSpec{}
	}
	var diff wire.Diff
	err := c.do(ctx, exchange{
		doing:  fmt.Sprintf("update backends of service %q", service),
		method: http.MethodPut, path: route("/v1/services", service, "backends"),
		body: wire.BackendList{Backends: backends}, out: &diff,
	})
	return diff, err
}
