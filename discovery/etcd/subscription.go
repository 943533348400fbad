package etcd

import (
	"maps"
	"slices"
	"time"
)

// allNames is what List subscribes to: the set of services. No service has an empty name.
const allNames = ""

// subscription is one call of Watch or List that waits for news of the mirror.
type subscription struct {
	service string
	wake    chan struct{} // holds one token
	changed bool          // there is something it did not take yet; under the mirror's lock
}

// notify leaves a token. Where one is left already, its news will be seen together with this.
func (s *subscription) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// subscribe returns a subscription that is woken at once: what is known now is its first news.
func (m *mirror) subscribe(service string) *subscription {
	s := &subscription{service: service, wake: make(chan struct{}, 1), changed: true}
	s.notify()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.subscriptions[service] == nil {
		m.subscriptions[service] = make(map[*subscription]struct{})
	}
	m.subscriptions[service][s] = struct{}{}
	return s
}

func (m *mirror) unsubscribe(s *subscription) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.subscriptions[s.service], s)
	if len(m.subscriptions[s.service]) == 0 {
		delete(m.subscriptions, s.service)
	}
}

// news is what a subscription finds when it is woken.
type news struct {
	listed  bool      // the mirror was complete once; before that, there is nothing to publish
	changed bool      // since the last take
	records []record  // of the service, when changed; a copy
	heard   time.Time // the last completed answer
	err     error     // why the mirror is not being followed
}

func (m *mirror) take(s *subscription) news {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := news{listed: m.listed, changed: m.listed && s.changed, heard: m.heard, err: m.err}
	if n.changed {
		s.changed = false
		n.records = slices.Clone(m.catalog[s.service])
	}
	return n
}

// takeNames returns the sorted names of all services, when they changed since it was last asked.
func (m *mirror) takeNames(s *subscription) (names []string, changed bool) {
	m.mu.Lock()
	if changed = m.listed && s.changed; changed {
		s.changed = false
		names = slices.Collect(maps.Keys(m.catalog))
	}
	m.mu.Unlock()
	slices.Sort(names)
	return names, changed
}
