package feed

import (
	"maps"
	"slices"
	"sync"
	"weak"

	"github.com/remora-agent/remora/client/wire"
)

// Source is where a Hub reads the present state. Both methods may be called from any goroutine and
// return at once.
type Source interface {
	// Group is a consistent view of one service; false when there is no such service. The caller owns
	// the group and its list of backends; their tags and meta are shared and never written to. A view
	// is visible here before Changed is called for it.
	Group(service string) (wire.Group, bool)

	// Names lists all services, in any order.
	Names() []string
}

// Hub connects those who change services with those who follow them. All its methods may be called
// concurrently.
type Hub struct {
	source Source
	bases  bases

	mu    sync.Mutex
	named map[string]map[*follower]struct{} // by the service they follow
	all   map[*follower]struct{}            // those who follow every service
}

// New returns a Hub over source that nobody follows yet.
func New(source Source) *Hub {
	return &Hub{
		source: source,
		bases:  bases{views: make(map[string]weak.Pointer[wire.Group])},
		named:  make(map[string]map[*follower]struct{}),
		all:    make(map[*follower]struct{}),
	}
}

// Changed says that a service has a new view, appeared or is gone. It never blocks, and its cost
// grows only with the number of those who follow that service.
func (h *Hub) Changed(service string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for f := range h.named[service] {
		f.mark(service)
	}
	for f := range h.all {
		f.mark(service)
	}
}

// follower is one blocking read or one stream. Its marks are guarded by the hub's lock.
type follower struct {
	services []string       // what it follows; empty: everything
	dirty    map[string]int // changes since it last looked, by service
	wake     chan struct{}  // holds one token while dirty is not empty
}

func (f *follower) mark(service string) {
	f.dirty[service]++
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// follow enters a follower; the caller must leave with it.
func (h *Hub) follow(services []string) *follower {
	f := &follower{services: services, dirty: make(map[string]int), wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(services) == 0 {
		h.all[f] = struct{}{}
	}
	for _, service := range services {
		if h.named[service] == nil {
			h.named[service] = make(map[*follower]struct{})
		}
		h.named[service][f] = struct{}{}
	}
	return f
}

func (h *Hub) leave(f *follower) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, f)
	for _, service := range f.services {
		delete(h.named[service], f)
		if len(h.named[service]) == 0 {
			delete(h.named, service)
		}
	}
	if len(h.all)+len(h.named) == 0 {
		h.bases.dropAll()
	}
}

// Follows says whether somebody follows this very service, by name.
func (h *Hub) Follows(service string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.named[service]) > 0
}

// markAll makes a follower look at everything it follows.
func (h *Hub) markAll(f *follower) {
	services := f.services
	if len(services) == 0 {
		services = h.source.Names()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, service := range services {
		f.mark(service)
	}
}

// change is a service to look at, and how often it changed since the last look.
type change struct {
	service string
	times   int
}

// take hands over what is dirty, sorted by service, and forgets it.
func (h *Hub) take(f *follower) []change {
	h.mu.Lock()
	dirty := f.dirty
	f.dirty = make(map[string]int)
	h.mu.Unlock()

	changes := make([]change, 0, len(dirty))
	for _, service := range slices.Sorted(maps.Keys(dirty)) {
		changes = append(changes, change{service, dirty[service]})
	}
	return changes
}
