package consul

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
)

// Reasons for which a query is broken off that are no fault of Consul: it is asked again, from where
// it stood.
var (
	errYield   = errors.New("the connection is needed by another service")
	errRenewed = errors.New("token or certificate was renewed")
)

// pool owns the connections to one Consul. Who wants to ask leases room on one: the first in the queue
// gets the first room there is. A connection is added by the one that needs it, so that whoever waits
// for it also hears why it could not be made.
//
// Connections are closed and requests are sent without the lock, since a connection calls wake from
// within both.
type pool struct {
	config Config
	target target

	mu          sync.Mutex
	transport   *http.Transport
	generation  int // counts renewals of transport
	connections []*connection
	dialing     int
	queue       []*waiter
	leases      map[*lease]struct{}
	askers      int           // watches and lists at work
	joined      chan struct{} // closed when the first of them comes
	epoch       atomic.Uint64 // counts catalogs that replaced another
	waits       worst

	traffic traffic
}

// lease is room for one query on a connection.
type lease struct {
	connection *connection
	wait       time.Duration // how long the query may wait for a change
	since      time.Time
	cancel     context.CancelCauseFunc // set once the query runs
	broken     error                   // why it was broken off
}

func newPool(config Config, t target) *pool {
	return &pool{
		config: config,
		target: t,
		leases: make(map[*lease]struct{}),
		waits:  worst{span: time.Minute},
		joined: make(chan struct{}),
	}
}

// load is what the provider costs now. Who waits at this moment counts as one who has waited.
func (p *pool) load() discovery.Load {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) > 0 {
		p.waits.show(now, now.Sub(p.queue[0].since))
	}
	return discovery.Load{
		Queries:       p.traffic.queries.Load(),
		Connections:   int(p.traffic.open.Load()),
		SentBytes:     p.traffic.sent.Load(),
		ReceivedBytes: p.traffic.received.Load(),
		Delay:         p.waits.read(now),
	}
}

// join adds a watch or a list to those that share the connections, until leave is called.
func (p *pool) join() (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.askers++; p.askers == 1 {
		close(p.joined)
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.askers--; p.askers == 0 {
			p.joined = make(chan struct{})
		}
	}
}

// share is how many watches and lists share the connections.
func (p *pool) share() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.askers
}

// use runs ask with a client and with how long Consul may wait for a change, once there is room. Its
// context ends when the answer is overdue, and early with errYield or errRenewed as its cause.
func (p *pool) use(ctx context.Context, blocking bool, ask func(context.Context, *api.Client, time.Duration) error) error {
	l, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer p.release(l)
	due := p.config.RequestTimeout
	if blocking {
		due = l.wait + l.wait/16 + p.config.Lateness // a sixteenth is what Consul adds at random
	}
	ctx, done := context.WithTimeoutCause(ctx, due, overdue(due))
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.begin(l, cancel)
	if err = ask(ctx, l.connection.client, l.wait); err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// begin makes a lease one that can be broken off.
func (p *pool) begin(l *lease, cancel context.CancelCauseFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.cancel = cancel
	if l.broken != nil {
		cancel(l.broken)
	}
}

func (p *pool) release(l *lease) {
	now := time.Now()
	p.mu.Lock()
	delete(p.leases, l)
	l.connection.held--
	l.connection.answered = true
	l.connection.idleSince = now
	p.serve()
	outdated := l.connection.generation != p.generation
	p.mu.Unlock()
	if outdated {
		p.sweep(now)
	}
}
