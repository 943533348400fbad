package etcd

import (
	"maps"
	"slices"
)

// nameWatch is one call of List that waits for services to come and go.
type nameWatch struct {
	wake    chan struct{} // holds one token
	changed bool          // there is something it did not take yet; under the mirror's lock
}

// notify leaves a token. Where one is left already, its news will be seen together with this.
func (w *nameWatch) notify() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// watchNames returns a watch that is woken at once: what is known now is its first news.
func (m *mirror) watchNames() *nameWatch {
	w := &nameWatch{wake: make(chan struct{}, 1), changed: true}
	w.notify()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names[w] = struct{}{}
	return w
}

func (m *mirror) unwatchNames(w *nameWatch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.names, w)
}

// touchNames marks the names as changed. The mirror's lock is held.
func (m *mirror) touchNames() {
	for w := range m.names {
		w.changed = true
		w.notify()
	}
}

// takeNames returns the sorted names of all services, when they changed since it was last asked.
func (m *mirror) takeNames(w *nameWatch) (names []string, changed bool) {
	m.mu.Lock()
	if changed = m.listed && w.changed; changed {
		w.changed = false
		names = slices.Collect(maps.Keys(m.catalog))
	}
	m.mu.Unlock()
	slices.Sort(names)
	return names, changed
}
