// Package client asks the Remora agent of this host which backend to use, over its UNIX socket.
//
//	c := client.New("/run/remora/remora.sock")
//	defer c.Close()
//	backend, err := c.Select(ctx, "web")
//	// dial backend.Address yourself: there is no proxy
//
// An application that wants its use of a backend counted, as least connections needs, takes a
// [Lease] and ends it with how it went:
//
//	lease, err := c.Lease(ctx, "web")
//	// use lease.Address
//	err = lease.End(ctx, client.Succeeded(elapsed))
//
// One that selects often does so inside its own process, in tens of nanoseconds, with a [Balancer], which
// chooses as the agent would and tells it what comes of it:
//
//	b, err := client.Open(ctx, "/run/remora/remora.sock", "web")
//	defer b.Close()
//	use, err := b.Acquire("web", balancer.Pick{})
//	// use use.Address()
//	use.End(client.Succeeded(elapsed))
//
// What most programs plug in is made of one: a [Transport] for http.Client, [Balancer.DialContext] for
// whatever takes a dialer, and package grpcresolver for gRPC.
//
// Errors of the agent are a [*wire.Problem], found with errors.As, whose Code tells what to do; an
// agent that can't be asked is [ErrUnreachable]. A restart of the agent is waited for, see
// [WithPatience]; what may have reached it is never sent twice where that would matter.
//
// The package needs the standard library, packages wire and balancer, and what the latter's hash tables
// are made with: none of the agent's own dependencies.
package client
