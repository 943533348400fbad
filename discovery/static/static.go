// Package static is the provider of the backends that the configuration lists. It holds what Set gave
// it and publishes that; a reload sets it anew.
package static

import (
	"context"
	"slices"
	"sync"

	"github.com/remora-agent/remora/discovery"
)

// Provider publishes lists that are given to it. Its methods are safe to call concurrently.
type Provider struct {
	mu       sync.Mutex // held while publishing, which keeps the order of two calls of Set
	services map[string]discovery.Snapshot
	watches  map[string][]*watch
}

// watch is one sink and what it asked for.
type watch struct {
	query discovery.Query
	sink  discovery.Sink
}

var (
	_ discovery.Provider = (*Provider)(nil)
	_ discovery.Local    = (*Provider)(nil)
)

// New returns a provider that knows no service yet.
func New() *Provider {
	return &Provider{watches: make(map[string][]*watch)}
}

// Set replaces all lists, by service, and publishes those that are watched. Entries that make no sense
// are dropped as discovery.Clean does. Set takes the map and its lists over.
//
// A service that is missing is unknown rather than empty: whoever watches it keeps the last list. So
// on a reload Set comes first and the catalog's new plan second, which then ends those watches; in
// between, no service is without its backends.
func (p *Provider) Set(services map[string][]discovery.Endpoint) {
	cleaned := make(map[string]discovery.Snapshot, len(services))
	for name, endpoints := range services {
		cleaned[name] = discovery.Clean(endpoints)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.services = cleaned
	for _, watches := range p.watches {
		for _, w := range watches {
			p.publish(w)
		}
	}
}

// publish hands a watch its list, if there is one. The caller holds the lock.
func (p *Provider) publish(w *watch) {
	snapshot, known := p.services[w.query.Name]
	if !known {
		return
	}
	if len(w.query.Tags) > 0 {
		snapshot.Endpoints = w.query.Select(snapshot.Endpoints)
	}
	w.sink.Publish(snapshot)
}

// Attach publishes the service into sink, now and at every Set, until detach is called.
func (p *Provider) Attach(q discovery.Query, sink discovery.Sink) (detach func()) {
	w := &watch{q, sink}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watches[q.Name] = append(p.watches[q.Name], w)
	p.publish(w)
	return func() { p.detach(w) }
}

func (p *Provider) detach(w *watch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := w.query.Name
	p.watches[name] = slices.DeleteFunc(p.watches[name], func(other *watch) bool { return other == w })
	if len(p.watches[name]) == 0 {
		delete(p.watches, name)
	}
}

// Local implements discovery.Local.
func (p *Provider) Local() {}

// Watch does the same as Attach until ctx ends.
func (p *Provider) Watch(ctx context.Context, q discovery.Query, sink discovery.Sink) error {
	defer p.Attach(q, sink)()
	<-ctx.Done()
	return ctx.Err()
}
