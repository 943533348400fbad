package etcd

import (
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// mirror is the agent's copy of the prefix, with how fresh it is. One goroutine, that of Run, writes
// it; subscriptions are woken when there is news for them.
type mirror struct {
	prefix string

	mu            sync.Mutex
	catalog       catalog
	listed        bool      // the catalog was complete once
	err           error     // why it is not being followed now; nil while it is
	heard         time.Time // the last completed answer
	told          time.Time // when everybody was last woken
	subscriptions map[string]map[*subscription]struct{}
}

func newMirror(prefix string) *mirror {
	return &mirror{prefix: prefix, subscriptions: make(map[string]map[*subscription]struct{})}
}

// replace puts a complete list in the place of all that was known. It returns the names of the services
// that differ, and of those that have no records any more.
func (m *mirror) replace(complete catalog, now time.Time) (changed, emptied []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	changed = differences(m.catalog, complete)
	for _, service := range changed {
		m.touch(service)
		gone := len(complete[service]) == 0
		if gone {
			emptied = append(emptied, service)
		}
		if gone || len(m.catalog[service]) == 0 {
			m.touch(allNames)
		}
	}
	m.catalog, m.listed, m.err = complete, true, nil
	m.heard = now
	m.tellAll(now)
	return changed, emptied
}

// apply takes over events, all of them in one step, but for those of revisions up to known. It
// returns the revision of the last event, or known where that is higher.
func (m *mirror) apply(events []*mvccpb.Event, known int64) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := known
	for _, event := range events {
		if event.Kv.ModRevision > known {
			m.applyOne(event)
			last = max(last, event.Kv.ModRevision)
		}
	}
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
		m.touch(allNames)
	}
}

// refresh notes a good answer. Everybody is woken, but once in a pause at most: that is the one step
// that costs in proportion to the watched services.
func (m *mirror) refresh(now time.Time, pause time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heard = now
	if now.Sub(m.told) >= pause {
		m.tellAll(now)
	}
}

// fail notes that the mirror can't be followed, and tells everybody.
func (m *mirror) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
	m.tellAll(time.Now())
}

// touch marks the subscriptions of a service as changed and wakes them.
func (m *mirror) touch(service string) {
	for s := range m.subscriptions[service] {
		s.changed = true
		s.notify()
	}
}

func (m *mirror) tellAll(now time.Time) {
	m.told = now
	for _, subscriptions := range m.subscriptions {
		for s := range subscriptions {
			s.notify()
		}
	}
}
