package balancer

import "sync/atomic"

// Handle selects from one service as the LoadBalancer does, without looking the service up each time. It
// may be kept for as long as one likes and used concurrently: a service that is replaced, unregistered
// or registered later is found again by itself.
type Handle struct {
	lb      *LoadBalancer
	service string
	group   atomic.Pointer[group] // as it was last found; nil: there was none
}

// Handle returns a handle of the service, which need not be there.
func (lb *LoadBalancer) Handle(service string) *Handle {
	return &Handle{lb: lb, service: service}
}

func (h *Handle) find() *group {
	if g := h.group.Load(); g != nil && !g.retired.Load() {
		return g
	}
	g := h.lb.groups.get(h.service)
	h.group.Store(g)
	return g
}

// SelectWith is that of the LoadBalancer.
func (h *Handle) SelectWith(p Pick) (Selection, error) {
	g := h.find()
	if g == nil {
		return Selection{}, ErrUnknownService
	}
	return g.selectWith(p)
}

// SelectAndAcquire is that of the LoadBalancer.
func (h *Handle) SelectAndAcquire(p Pick) (Selection, func(), error) {
	g := h.find()
	if g == nil {
		return Selection{}, nil, ErrUnknownService
	}
	return g.acquire(p)
}
