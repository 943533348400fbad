package api

import (
	"net/http"
	"strings"
)

// route is one row of a table of routes. In a pattern, {service}, {address} and {lease} stand for one
// segment each; the router validates them and puts them into the request.
type route struct {
	method  string
	pattern string
	access  access
	serve   func(*handler, *response, *request) error
}

// access says who may use a route, and whether that takes a turn.
type access uint8

const (
	open    access = iota // whoever may connect
	changes               // root, the agent's user and the admins; logged
	atOnce                // as open, and without waiting for a turn
)

// routes is the whole API. HEAD is served wherever GET is.
var routes = []route{
	{http.MethodGet, "/v1/select/{service}", open, (*handler).selectOne},
	{http.MethodPost, "/v1/select", open, (*handler).selectBatch},

	{http.MethodPost, "/v1/leases", open, (*handler).takeLease},
	{http.MethodPut, "/v1/leases/{lease}", open, (*handler).renewLease},
	{http.MethodDelete, "/v1/leases/{lease}", open, (*handler).endLease},
	{http.MethodPost, "/v1/reports", open, (*handler).report},
	{http.MethodPost, "/v1/feedback", open, (*handler).feedback},

	{http.MethodGet, "/v1/services", open, (*handler).listServices},
	{http.MethodGet, "/v1/services/{service}", open, (*handler).showService},
	{http.MethodGet, "/v1/services/{service}/history", open, (*handler).showHistory},
	{http.MethodGet, "/v1/watch", open, (*handler).watch},

	{http.MethodPut, "/v1/services/{service}", changes, (*handler).register},
	{http.MethodDelete, "/v1/services/{service}", changes, (*handler).unregister},
	{http.MethodPut, "/v1/services/{service}/backends", changes, (*handler).updateBackends},
	{http.MethodPut, "/v1/services/{service}/backends/{address}", changes, (*handler).addBackend},
	{http.MethodDelete, "/v1/services/{service}/backends/{address}", changes, (*handler).removeBackend},
	{http.MethodPut, "/v1/services/{service}/backends/{address}/health", changes, (*handler).markHealth},
	{http.MethodPut, "/v1/services/{service}/backends/{address}/admin", changes, (*handler).administer},

	{http.MethodPost, "/v1/services/{service}/accept", changes, (*handler).accept},

	{http.MethodGet, "/v1/agent", open, (*handler).showAgent},
	{http.MethodGet, "/v1/agent/config", open, (*handler).showConfig},
	{http.MethodPost, "/v1/agent/reload", changes, (*handler).reload},

	{http.MethodGet, "/healthz", atOnce, (*handler).alive},
	{http.MethodGet, "/readyz", open, (*handler).ready},
	{http.MethodGet, "/metrics", open, (*handler).metrics},
}

// telemetryRoutes is what telemetry.listen serves to those who can't read a UNIX socket.
var telemetryRoutes = []route{
	{http.MethodGet, "/healthz", atOnce, (*handler).alive},
	{http.MethodGet, "/metrics", open, (*handler).metrics},
}

// segments cuts a path or a pattern at its slashes; nil unless it begins with one.
func segments(path string) []string {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil
	}
	return strings.Split(rest, "/")
}
