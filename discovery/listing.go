package discovery

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// listing follows which services a provider's catalog holds, for import = "all".
type listing struct {
	catalog  *Catalog
	provider *provider
	running  lifeline

	known bool     // guarded by the Catalog's lock
	names []string // sorted, whatever the globs say; guarded by the Catalog's lock

	mu    sync.Mutex
	fresh freshness
}

func newListing(c *Catalog, p *provider) *listing {
	l := &listing{catalog: c, provider: p}
	l.fresh = freshness{provider: p}
	l.fresh.change(func() { l.fresh.live, l.fresh.required = true, true })
	return l
}

// has says whether the catalog holds the service. The caller holds the Catalog's lock.
func (l *listing) has(name string) bool {
	_, found := slices.BinarySearch(l.names, name)
	return found
}

func (l *listing) start() {
	l.running.start(func() func() {
		l.provider.watches.Add(1)
		return l.catalog.spawn(l.keep)
	})
}

func (l *listing) stop() {
	l.mu.Lock()
	l.fresh.change(func() { l.fresh.live = false })
	l.mu.Unlock()
	l.running.stop()
}

func (l *listing) keep(ctx context.Context) {
	defer l.provider.watches.Done()
	supervise(ctx, l.provider.pause, l.list, l.failed)
}

func (l *listing) list(ctx context.Context) error {
	return l.provider.provider.(Lister).List(ctx, func(names []string) {
		if ctx.Err() == nil {
			l.publish(names)
		}
	})
}

func (l *listing) publish(names []string) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	names = slices.DeleteFunc(names, func(name string) bool { return CheckServiceName(name) != nil })
	l.catalog.relist(l, names)
	asOf := l.provider.lastAnswer(time.Now())
	l.mu.Lock()
	recovered := !l.fresh.recalled && l.fresh.failing
	l.fresh.answer(asOf)
	l.mu.Unlock()
	if recovered {
		l.provider.logTransition(hclog.Info, "list of services recovered")
	}
}

func (l *listing) failed(err error) {
	l.provider.logPanic(err)
	l.mu.Lock()
	first := l.fresh.live && l.fresh.fail(err)
	l.mu.Unlock()
	if first {
		l.provider.logTransition(hclog.Warn, "list of services became stale", "error", err)
	}
}

// relist takes a new list and begins and ends the services that came and went.
func (c *Catalog) relist(l *listing, names []string) {
	c.mu.Lock()
	if l.provider.listing != l {
		c.mu.Unlock()
		return
	}
	before := l.names
	l.names, l.known = names, true
	eachDifference(before, names, func(name string) {
		if l.provider.permits(name) {
			c.linger(l, name)
			c.reroute(name)
		}
	})
	c.wakeListed()
	c.mu.Unlock()
	c.flush()
}

// eachDifference calls f with each name that only one of two sorted lists holds.
func eachDifference(a, b []string, f func(string)) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			f(a[0])
			a = a[1:]
		default:
			f(b[0])
			b = b[1:]
		}
	}
	for _, rest := range [...][]string{a, b} {
		for _, name := range rest {
			f(name)
		}
	}
}
