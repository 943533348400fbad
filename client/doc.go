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
// Errors of the agent are a [*wire.Problem], found with errors.As, whose Code tells what to do; an
// agent that can't be asked is [ErrUnreachable]. Nothing is retried behind the caller's back, but
// for what a pooled connection that went stale makes necessary and safe.
//
// The package needs the standard library and package wire alone.
package client
