package etcd

import (
	"slices"
	"sync"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// subscription is one sink that is told about a service.
type subscription struct {
	view
	sink discovery.Sink

	turn sync.Mutex // held while the sink is told, which keeps the order of what it hears

	// Under the mirror's lock.
	changed bool // there is something it was not told yet
	due     bool // it is in the mirror's list of those to be told
}

// subscribe tells a sink what is known now, and from then on all that is new, until the returned function
// is called.
func (m *mirror) subscribe(q discovery.Query, sink discovery.Sink) (unsubscribe func()) {
	s := &subscription{view: newView(m.prefix, q), sink: sink, changed: true}
	m.mu.Lock()
	m.subscriptions[q.Name] = append(m.subscriptions[q.Name], s)
	m.mu.Unlock()
	m.tell(s)
	return func() { m.unsubscribe(s) }
}

func (m *mirror) unsubscribe(s *subscription) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := s.query.Name
	rest := slices.DeleteFunc(m.subscriptions[name], func(other *subscription) bool { return other == s })
	if m.subscriptions[name] = rest; len(rest) == 0 {
		delete(m.subscriptions, name)
	}
}

// news is what a sink is to be told.
type news struct {
	listed   bool // the mirror was complete once; before that, there is nothing to publish
	changed  bool
	snapshot discovery.Snapshot // when changed
	heard    time.Time          // the last completed answer
	err      error              // why the mirror is not being followed
}

// take reads the records that were not read yet, of this service only.
func (m *mirror) take(s *subscription) news {
	m.mu.Lock()
	n := news{listed: m.listed, changed: m.listed && s.changed, heard: m.heard, err: m.err}
	var k known
	if n.changed {
		s.changed = false
		if shelf := m.catalog[s.query.Name]; shelf != nil {
			k = shelf.read(s.prefix)
		}
	}
	m.mu.Unlock()
	if n.changed {
		n.snapshot = s.snapshot(k)
	}
	return n
}

// tell passes news on. What was known when etcd was lost goes out as the memory that it is.
func (m *mirror) tell(s *subscription) {
	s.turn.Lock()
	defer s.turn.Unlock()
	switch n := m.take(s); {
	case n.changed:
		n.snapshot.At, n.snapshot.Err = n.heard, n.err
		s.sink.Publish(n.snapshot)
	case n.err != nil:
		s.sink.Heard(n.err)
	case n.listed:
		s.sink.Heard(nil)
	}
}
