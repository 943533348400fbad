package feed

import (
	"slices"
	"sync"
	"time"
)

// Bounds of a History.
const (
	PerService = 100     // changes kept of each service
	InAll      = 100_000 // and of all services together
)

// Change is one thing that happened to a service.
type Change struct {
	At      time.Time
	Cause   string // source, probe, reports, uid
	Address string // of a backend; empty: of the service as a whole
	Effect  string // in words
}

// History keeps the last changes of each service, within a bound for all of them together: past it, the
// oldest of all go first. The zero value is ready to use; its methods may be called concurrently.
type History struct {
	mu       sync.Mutex
	services map[string][]*kept
	all      []*kept // of all services, in order, the dead among them
	live     int
}

type kept struct {
	Change
	service string
	dead    bool // its service has had PerService changes since
}

// Add takes note of a change.
func (h *History) Add(service string, c Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.services == nil {
		h.services = make(map[string][]*kept)
	}
	k := &kept{Change: c, service: service}
	h.services[service] = append(h.services[service], k)
	h.all = append(h.all, k)
	h.live++
	if len(h.services[service]) > PerService {
		h.drop(service)
	}
	if h.live > InAll {
		h.drop(h.oldest().service)
	}
	if len(h.all) > 2*h.live+PerService {
		h.all = slices.DeleteFunc(h.all, func(k *kept) bool { return k.dead })
	}
}

// oldest is the first change that is not dead; those before it go.
func (h *History) oldest() *kept {
	first := slices.IndexFunc(h.all, func(k *kept) bool { return !k.dead })
	h.all = h.all[first:]
	return h.all[0]
}

// drop takes the oldest change of a service out.
func (h *History) drop(service string) {
	list := h.services[service]
	list[0].dead = true
	h.live--
	if len(list) == 1 {
		delete(h.services, service)
		return
	}
	h.services[service] = list[1:]
}

// Of returns the changes of a service, the oldest first.
func (h *History) Of(service string) []Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	changes := make([]Change, len(h.services[service]))
	for i, k := range h.services[service] {
		changes[i] = k.Change
	}
	return changes
}
