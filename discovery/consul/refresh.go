package consul

import (
	"context"
	"errors"
	"sync"

	"github.com/remora-agent/remora/discovery"
)

var _ discovery.Refresher = (*Provider)(nil)

// errRefresh breaks a query off so that another one, which does not wait, is sent in its place.
var errRefresh = errors.New("the service is to be asked about at once")

// Refresh implements discovery.Refresher: the query that waits, perhaps for an answer that never comes, is
// broken off, and one without an index is sent, which Consul answers at once.
func (p *Provider) Refresh(q discovery.Query) { p.refreshers.request(q) }

// refreshers are the watches that can be told to ask at once, by the service that applications ask for.
type refreshers struct {
	mu sync.Mutex
	of map[string]map[*refresher]struct{}
}

func (r *refreshers) add(q discovery.Query) *refresher {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := &refresher{query: q}
	if r.of == nil {
		r.of = make(map[string]map[*refresher]struct{})
	}
	if r.of[q.Service] == nil {
		r.of[q.Service] = make(map[*refresher]struct{})
	}
	r.of[q.Service][one] = struct{}{}
	return one
}

func (r *refreshers) remove(one *refresher) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of[one.query.Service], one)
	if len(r.of[one.query.Service]) == 0 {
		delete(r.of, one.query.Service)
	}
}

// request is for every watch of that name in the catalog: two that differ in a filter alone are both asked.
func (r *refreshers) request(q discovery.Query) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for one := range r.of[q.Service] {
		if one.query.Name == q.Name {
			one.request()
		}
	}
}

// refresher breaks the queries of one series off. A request that comes between two queries counts for the
// next.
type refresher struct {
	query discovery.Query

	mu      sync.Mutex
	pending bool
	cancel  context.CancelCauseFunc // of the query that runs; nil: none does
}

func (r *refresher) request() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = true
	if r.cancel != nil {
		r.cancel(errRefresh)
	}
}

// begin says whether the query that begins was requested, and returns the context for it.
func (r *refresher) begin(ctx context.Context) (of context.Context, end func(), requested bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	requested, r.pending = r.pending, false
	r.cancel = cancel
	return ctx, func() { r.end(cancel) }, requested
}

func (r *refresher) end(cancel context.CancelCauseFunc) {
	r.mu.Lock()
	r.cancel = nil
	r.mu.Unlock()
	cancel(nil)
}
