package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/remora-agent/remora/discovery"
)

var _ discovery.Refresher = (*Provider)(nil)

const (
	doubtsWaiting = 16 // services that wait to be read again; more are not noted
	settling      = 200 * time.Millisecond
)

// Refresh implements discovery.Refresher: the keys of the service are read from etcd and compared with what
// the watch has brought. Where it has missed something, another session lists the prefix and watches it.
func (p *Provider) Refresh(q discovery.Query) {
	if !p.mirror.isWatched(q.Name) {
		return
	}
	select {
	case p.doubts <- q.Name:
	default:
	}
}

func (m *mirror) isWatched(service string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.subscriptions[service]) > 0
}

// errMissed ends a session whose watch has missed changes. A new watch of the same session would not do: the
// client library would open it on the stream that is stalled.
var errMissed = errors.New("the watch has missed changes")

// recheck reads services that are doubted, until one is not as the watch has it. A read that fails ends the
// session, like one of a list: the connection may be what is stalled.
func (s *session) recheck(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case service := <-s.doubts:
			missed, err := s.hasMissed(ctx, service)
			if err != nil {
				return err
			}
			if missed {
				return fmt.Errorf("follow service %q: %w", service, errMissed)
			}
		}
	}
}

// hasMissed says whether the mirror differs from etcd for longer than what is on its way would take.
func (s *session) hasMissed(ctx context.Context, service string) (bool, error) {
	for again := range 2 {
		if again > 0 {
			if err := discovery.Sleep(ctx, settling); err != nil {
				return false, err
			}
		}
		same, err := s.agrees(ctx, service)
		if same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// agrees reads one service, linearizably, and says whether the mirror has the same.
func (s *session) agrees(ctx context.Context, service string) (bool, error) {
	l := listing{into: make(catalog), size: s.config.PageSize}
	next, end := keyRange(s.config.Prefix + service + "/")
	for more := true; more; {
		page, err := s.page(ctx, next, end, l.revision, l.size)
		if err != nil {
			return false, fmt.Errorf("read service %q again: %w", service, err)
		}
		l.take(page, s.mirror)
		if more = page.More; more {
			next = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
		}
	}
	s.mirror.mu.Lock()
	defer s.mirror.mu.Unlock()
	has, known := l.into[service], s.mirror.catalog[service]
	if has == nil || known == nil {
		return has == known, nil
	}
	return has.same(known), nil
}
