package feed

import (
	"context"
	"time"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

// Heartbeat is how often a stream says that it is alive.
const Heartbeat = 15 * time.Second

// mergeLimit is the queue of a stream, in changes of one service: up to so many are merged into one
// difference. A reader that falls behind further gets a fresh snapshot, which is then shorter to read
// and easier to trust.
const mergeLimit = 64

// Watch calls emit with a snapshot of every given service, sorted by name, and then with each change
// of one, until ctx ends or emit fails; it returns the reason. With no services it follows all, also
// those that appear later. A named service that does not exist yet begins with its snapshot when it
// appears; one that goes ends with EventRemoved and begins anew when it returns. emit may block: it is
// called by one goroutine at a time, and the event is read-only.
func (h *Hub) Watch(ctx context.Context, services []string, emit func(wire.Event) error) error {
	f := h.follow(services)
	defer h.leave(f)
	h.markAll(f)
	heartbeat := time.NewTicker(Heartbeat)
	defer heartbeat.Stop()

	s := stream{hub: h, told: make(map[string]*wire.Group), emit: emit}
	for {
		alive := false
		err := fair.Pause(ctx, func() { alive = f.rest(ctx, heartbeat) })
		switch {
		case err != nil:
		case alive:
			err = emit(wire.Event{Type: wire.EventHeartbeat})
		default:
			err = s.tellAll(ctx, h.take(f))
		}
		if err != nil {
			return err
		}
	}
}

// rest waits for something to tell, or for the time to say that the stream is alive.
func (f *follower) rest(ctx context.Context, heartbeat *time.Ticker) (alive bool) {
	select {
	case <-ctx.Done():
	case <-f.wake:
	case <-heartbeat.C:
		return true
	}
	return false
}

// stream is what one Watch has told so far.
type stream struct {
	hub  *Hub
	told map[string]*wire.Group // by service; shared, see bases
	emit func(wire.Event) error
}

func (s *stream) tellAll(ctx context.Context, changes []change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, c := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.tell(c); err != nil {
			return err
		}
	}
	return nil
}

// tell emits what leads from what was told about a service to what is true now.
func (s *stream) tell(c change) error {
	last := s.told[c.service]
	group, err := s.hub.present(c.service)
	if err != nil {
		return s.tellRemoved(c.service, last)
	}
	s.told[c.service] = s.hub.bases.intern(&group)
	if last == nil || c.times > mergeLimit {
		return s.emit(snapshot(&group))
	}
	if event, differs := difference(last, &group); differs {
		return s.emit(event)
	}
	return nil
}

func (s *stream) tellRemoved(service string, last *wire.Group) error {
	if last == nil {
		return nil // it was never told that it exists
	}
	delete(s.told, service)
	s.hub.bases.drop(service)
	return s.emit(wire.Event{Type: wire.EventRemoved, Service: service, Index: last.Index})
}
