package balancer

import "sync/atomic"

// Backend is one member of a group: its identity, and the counters that outlive every view. The same
// address keeps the same Backend for as long as it stays in its group.
type Backend struct {
	address  string
	group    *group
	active   atomic.Int32
	failures atomic.Int32 // of probes and marks, in a row
	reported atomic.Int32 // of outcomes from applications, in a row

	cost ewma // of peak_ewma

	// Guarded by group.mu.
	since int64  // when it became healthy, in ns of the balancer's clock; or neverHealthy, alwaysHealthy
	leaf  int32  // place in the load tree of its pool; -1: in none
	pool  uint16 // the pool whose tree that is
}

// Address returns the address that the backend was registered with.
func (b *Backend) Address() string { return b.address }

// ActiveConnections returns the number of uses that were acquired and not yet released.
func (b *Backend) ActiveConnections() int { return int(b.active.Load()) }

// ConsecutiveFailures returns the failed probes and marks since the last success.
func (b *Backend) ConsecutiveFailures() int { return int(b.failures.Load()) }

// ReportedFailures returns the failed outcomes that applications reported since the last success.
func (b *Backend) ReportedFailures() int { return int(b.reported.Load()) }

// Acquire counts one more active connection and returns the function that ends it. Calling that
// function twice, or from several goroutines, counts once.
func (b *Backend) Acquire() (release func()) {
	b.active.Add(1)
	b.group.loadChanged(b)
	return b.releaser()
}

func (b *Backend) releaser() func() {
	var done atomic.Bool
	return func() {
		if done.CompareAndSwap(false, true) {
			b.active.Add(-1)
			b.group.loadChanged(b)
		}
	}
}
