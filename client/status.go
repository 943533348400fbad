package client

import (
	"sync"
	"time"
)

// Status is how a Balancer stands with its agent.
type Status struct {
	Connected bool          // the agent's events arrive
	Age       time.Duration // since the agent was last heard of; it says something every 15 s at least
	Err       error         // what ended the connection; nil while there is one
}

// Status tells how old what the Balancer knows may be. How fresh the agent itself is about a service,
// [Selection.Stale] says.
func (b *Balancer) Status() Status { return b.link.status() }

// link is what is known of the connection to the agent.
type link struct {
	mu   sync.Mutex
	last time.Time
	err  error // nil: connected
}

func (l *link) heard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.err = time.Now(), nil
}

func (l *link) lost(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *link) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Status{Connected: l.err == nil, Age: time.Since(l.last), Err: l.err}
}
