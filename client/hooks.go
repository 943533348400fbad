package client

import (
	"context"
	"sync"

	"github.com/remora-agent/remora/balancer"
)

// hooks are the functions that hear of changes of groups.
type hooks struct {
	mu   sync.Mutex
	next int
	of   map[int]func(service string)
}

// add has f called after each change, by the goroutine that made it: f must not block. The function that
// it returns ends that; a call may be under way then.
func (h *hooks) add(f func(service string)) (remove func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil {
		h.of = make(map[int]func(string))
	}
	h.next++
	id := h.next
	h.of[id] = f
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.of, id)
	}
}

func (h *hooks) changed(service string) {
	h.mu.Lock()
	calls := make([]func(string), 0, len(h.of))
	for _, f := range h.of {
		calls = append(calls, f)
	}
	h.mu.Unlock()
	for _, f := range calls {
		f(service)
	}
}

// Follow calls each with the backends of the service that may be selected, with their weights, first with
// those of now and then after every change, until ctx ends; it returns the reason. Changes that come
// faster than each returns are taken together.
func (b *Balancer) Follow(ctx context.Context, service string, each func([]balancer.Eligible)) error {
	news := make(chan struct{}, 1)
	remove := b.hooks.add(func(changed string) {
		if changed != service {
			return
		}
		select {
		case news <- struct{}{}:
		default:
		}
	})
	defer remove()
	for {
		each(b.lb.Eligible(service))
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
