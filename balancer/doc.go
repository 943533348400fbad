// Package balancer keeps groups of backends and chooses among them.
//
// A [LoadBalancer] holds one group per service. Everything that a selection reads of a group is one
// immutable view behind one atomic pointer: a writer builds the next view under the group's lock and
// publishes it, readers never wait, and a selection allocates nothing, takes no lock, reads no clock
// and does no I/O. Counters (active connections, failures) live in the backends, are reached by
// pointer and outlive views, so that a change of attributes never resets them.
//
// Each published view carries an index that only grows. Membership, attributes, verdicts and
// staleness raise it; counters do not.
//
// The package imports the standard library only, logs nothing and starts no goroutine. All methods
// may be called concurrently.
package balancer
