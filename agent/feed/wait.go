package feed

import (
	"context"
	"time"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

// Wait answers as soon as the service's index is above index, and at the latest after wait or when
// ctx ends, each time with the group as it is then. It also answers at once when the index falls,
// since the numbering has then begun anew. A service that does not exist, or is removed meanwhile,
// gives a *wire.Problem with CodeUnknownService; there is no other error.
func (h *Hub) Wait(ctx context.Context, service string, index uint64, wait time.Duration) (wire.Group, error) {
	f := h.follow([]string{service})
	defer h.leave(f)
	timer := time.NewTimer(wait)
	defer timer.Stop()

	group, err := h.present(service)
	for err == nil && group.Index <= index {
		over := false
		if err := fair.Pause(ctx, func() { over = f.wait(ctx, timer) }); err != nil {
			return wire.Group{}, err
		}
		if over {
			return h.present(service)
		}
		before := group.Index
		if group, err = h.present(service); group.Index < before {
			break
		}
	}
	return group, err
}

// wait waits for a change; over says that it waited long enough.
func (f *follower) wait(ctx context.Context, timer *time.Timer) (over bool) {
	select {
	case <-f.wake:
		return false
	case <-timer.C:
	case <-ctx.Done():
	}
	return true
}

// present is the group as it is now.
func (h *Hub) present(service string) (wire.Group, error) {
	group, ok := h.source.Group(service)
	if !ok {
		return wire.Group{}, wire.NewProblem(wire.CodeUnknownService, "service %q is not known", service)
	}
	group.FillEmpty()
	return group, nil
}
