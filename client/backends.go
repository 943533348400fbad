package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/remora-agent/remora/client/wire"
)

// AddBackend adds a backend to a service of source api; at an address that is present already, only
// its attributes change.
func (c *Client) AddBackend(ctx context.Context, service string, b wire.BackendSpec) error {
	x := backendExchange("add", http.MethodPut, service, b.Address)
	x.body = b
	return c.do(ctx, x)
}

// RemoveBackend removes a backend from a service of source api.
func (c *Client) RemoveBackend(ctx context.Context, service, address string) error {
	return c.do(ctx, backendExchange("remove", http.MethodDelete, service, address))
}

// MarkHealth sets the active verdict of a backend of any service, as a probe would: the next probe
// may say otherwise. Use SetAdmin for what is to last.
func (c *Client) MarkHealth(ctx context.Context, service, address string, healthy bool) error {
	x := backendExchange("mark", http.MethodPut, service, address, "health")
	x.body = wire.Mark{Healthy: &healthy}
	return c.do(ctx, x)
}

// SetAdmin takes a backend of any service out ([wire.AdminDrain]) or back in ([wire.AdminReady]). It
// holds until it is set again.
func (c *Client) SetAdmin(ctx context.Context, service, address, state string) error {
	x := backendExchange("set "+state+" on", http.MethodPut, service, address, "admin")
	x.body = wire.Admin{State: state}
	return c.do(ctx, x)
}

func backendExchange(verb, method, service, address string, more ...string) exchange {
	segments := append([]string{service, "backends", address}, more...)
	return exchange{
		doing:  fmt.Sprintf("%s backend %s of service %q", verb, address, service),
		method: method,
		path:   route("/v1/services", segments...),
	}
}
