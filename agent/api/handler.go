package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

// handler answers requests: it is the API without the socket. It is safe for concurrent use.
type handler struct {
	core    Core
	options Options
	router  *router
	turns   *fair.Turns
	users   *fair.Users
	streams *fair.Shares
	log     hclog.Logger
}

// request is a request whose path, query and body have been read.
type request struct {
	*http.Request
	caller  Caller
	query   query
	body    []byte
	service string // of {service}, valid
	address string // of {address}, canonical
	lease   string // of {lease}
}

func newHandler(core Core, options Options, routes []route) *handler {
	return &handler{
		core: core, options: options, router: newRouter(routes), log: options.Logger,
		turns: fair.NewTurns(), users: &fair.Users{},
		streams: fair.NewShares(math.MaxInt, options.Limits.StreamsPerUser),
	}
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	answer := &response{ResponseWriter: w}
	pattern, conn := "unknown", connOf(r.Context())
	defer func() { h.options.Observe(pattern, methodLabel(r.Method), answer.status, time.Since(start)) }()
	defer answer.finish(conn)
	defer func() {
		if reason := recover(); reason != nil {
			h.recovered(answer, pattern, reason)
		}
	}()
	if err := conn.begin(r); err != nil {
		h.log.Error("connection closed", "error", err)
		panic(http.ErrAbortHandler)
	}
	if conn.ending() {
		w.Header().Set("Connection", "close")
	}
	found, values, err := h.route(r)
	if found != nil {
		pattern = found.pattern
	}
	if err == nil {
		err = h.serve(answer, &request{Request: r, caller: conn.caller}, conn, found, values)
	}
	if err != nil {
		h.fail(answer, pattern, err)
	}
}

// route finds the route of a request, or says why it has none.
func (h *handler) route(r *http.Request) (*entry, []string, error) {
	if r.Header["Origin"] != nil {
		return nil, nil, wire.NewProblem(wire.CodeForbidden, "requests with an Origin header come from web pages and are refused")
	}
	return h.router.find(r)
}

// serve checks what is to be checked before a route's own function, in the order in which a client
// should learn of it, and then calls that.
func (h *handler) serve(w *response, r *request, conn *conn, found *entry, values []string) (err error) {
	if found.access == changes {
		if err := h.authorize(r.caller); err != nil {
			return err
		}
	}
	if err := found.bind(r, values); err != nil {
		return err
	}
	if r.query, err = parseQuery(r.URL.RawQuery); err != nil {
		return err
	}
	forget, err := h.readBody(w, r)
	if err != nil {
		return err
	}
	defer forget()
	conn.arrived()
	if found.access != atOnce {
		if err := h.takeTurn(w, r); err != nil {
			return err
		}
	}
	if err := found.serve(h, w, r); err != nil {
		return err
	}
	if found.access == changes {
		h.log.Info("changed by request", "method", r.Method, "path", r.URL.EscapedPath(), "status", w.status,
			"uid", r.caller.UID, "pid", r.caller.PID)
	}
	return nil
}

// fail answers with an error, unless the answer has begun already: then the connection is cut, since
// nothing else tells the client that what it has is not whole.
func (h *handler) fail(w *response, pattern string, err error) {
	problem, known := problemOf(err)
	if !known {
		h.log.Error("request failed", "route", pattern, "error", err)
	}
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	var method *methodError
	if errors.As(err, &method) {
		w.Header().Set("Allow", method.allow)
	}
	w.problem(problem)
}

// recovered answers for a function that panicked, and closes the connection.
func (h *handler) recovered(w *response, pattern string, reason any) {
	if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	h.log.Error("request panicked", "route", pattern, "panic", reason, "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Connection", "close")
	w.problem(wire.NewProblem(wire.CodeInternal, "the agent's log has the reason"))
}

// methodLabel bounds what clients can put into a metric's label.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// untilDrain gives a context for what may take long: it ends with the request, and also as soon as the
// server begins to shut down, so that the answer can be what is known by then.
func untilDrain(r *request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	drain, ok := ctx.Value(drainKey{}).(context.Context)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(drain, cancel)
	return ctx, func() { stop(); cancel() }
}
