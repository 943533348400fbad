package etcd

import (
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// mirror is the agent's copy of the prefix, with how fresh it is. One goroutine, that of Run, writes
// it, and tells the subscriptions that there is news for.
type mirror struct {
	prefix string

	mu            sync.Mutex
	catalog       catalog
	listed        bool                       // the catalog was complete once
	err           error                      // why it is not being followed now; nil while it is
	heard         time.Time                  // the last completed answer
	told          time.Time                  // when everybody was last told
	subscriptions map[string][]*subscription // by service
	names         map[*nameWatch]struct{}
	due           []*subscription // to be told, once the lock is free
}

func newMirror(prefix string) *mirror {
	return &mirror{
		prefix:        prefix,
		subscriptions: make(map[string][]*subscription),
		names:         make(map[*nameWatch]struct{}),
	}
}

// replace puts a complete list in the place of all that was known. It returns the names of the services
// that differ, and of those that have no records any more.
func (m *mirror) replace(complete catalog, now time.Time) (changed, emptied []string) {
	m.change(func() {
		changed = complete.adopt(m.catalog)
		for _, service := range changed {
			m.touch(service)
			if complete[service] == nil {
				emptied = append(emptied, service)
			}
			if complete[service] == nil || m.catalog[service] == nil {
				m.touchNames()
			}
		}
		if !m.listed {
			m.touchNames()
		}
		m.catalog, m.listed, m.err = complete, true, nil
		m.heard = now
		m.touchAll(now)
	})
	return changed, emptied
}

// apply takes over events, all of them in one step, but for those of revisions up to known. It
// returns the revision of the last event, or known where that is higher.
func (m *mirror) apply(events []*mvccpb.Event, known int64) int64 {
	last := known
	m.change(func() {
		for _, event := range events {
			if event.Kv.ModRevision > known {
				m.applyOne(event)
				last = max(last, event.Kv.ModRevision)
			}
		}
	})
	return last
}

func (m *mirror) applyOne(event *mvccpb.Event) {
	service, id, ok := splitKey(event.Kv.Key[len(m.prefix):])
	if !ok {
		return
	}
	services, changed := len(m.catalog), false
	if event.Type == mvccpb.Event_DELETE {
		changed = m.catalog.remove(service, id)
	} else {
		changed = m.catalog.put(service, id, event.Kv.Value)
	}
	if changed {
		m.touch(service)
	}
	if services != len(m.catalog) {
		m.touchNames()
	}
}

// refresh notes a good answer. Everybody is told, but once in a pause at most: that is the one step
// that costs in proportion to the watched services.
func (m *mirror) refresh(now time.Time, pause time.Duration) {
	m.change(func() {
		m.heard = now
		if now.Sub(m.told) >= pause {
			m.touchAll(now)
		}
	})
}

// fail notes that the mirror can't be followed, and tells everybody.
func (m *mirror) fail(err error) {
	m.change(func() {
		m.err = err
		m.touchAll(time.Now())
	})
}

// change does something under the lock and then tells those for whom that is news.
func (m *mirror) change(something func()) {
	m.mu.Lock()
	something()
	due := m.due
	m.due = nil
	for _, s := range due {
		s.due = false
	}
	m.mu.Unlock()
	for _, s := range due {
		m.tell(s)
	}
}

// touch marks the subscriptions of a service as changed and due.
func (m *mirror) touch(service string) {
	for _, s := range m.subscriptions[service] {
		s.changed = true
		m.enter(s)
	}
}

// touchAll makes all subscriptions due.
func (m *mirror) touchAll(now time.Time) {
	m.told = now
	for _, subscriptions := range m.subscriptions {
		for _, s := range subscriptions {
			m.enter(s)
		}
	}
}

func (m *mirror) enter(s *subscription) {
	if !s.due {
		s.due = true
		m.due = append(m.due, s)
	}
}
