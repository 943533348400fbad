// Package api serves the agent's HTTP API: which routes there are, how a request is read, how an
// answer is written, who may change things, and the limits that keep one application from hurting the
// others. It knows HTTP and decides nothing: whatever a request asks for is done behind the small
// interfaces of [Core], which package agent implements.
//
// Start with routes.go, the table of all routes. A request passes through the files in this order:
//
//	server.go, listener.go, conn.go   accept, limits of time and number, who is on the other end
//	lane.go                           the fast lane: it answers plain requests by itself, see below
//	accept.go, turns.go, pace.go      what one user may take from the others, with package agent/fair
//	handler.go                        what happens to every request, whatever the route
//	router.go, query.go, body.go      path, query and body become values that make sense
//	select.go … operator.go           one function per route
//	answer.go                         JSON, text or a problem (RFC 9457)
//
// The fast lane answers selects and leases before net/http sees them, in place and without allocation,
// and leaves all that is not plain to it: net/http is the reference, and both give the same bytes.
//
//	head.go, class.go      is it plain, and where does it end
//	ways.go                its routes, one function each
//	scratch.go, strict.go  parameters and bodies, in the one form that it knows
//	render.go, date.go     answers
//	intern.go              names of services without allocating
package api
