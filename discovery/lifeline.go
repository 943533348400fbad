package discovery

import "sync"

// lifeline belongs to something that is started and stopped at most once, perhaps by two goroutines:
// a stop that comes first makes the start do nothing. The zero value is ready.
type lifeline struct {
	mu      sync.Mutex
	stopped bool
	cancel  func()
}

// start calls begin unless stop came first. begin returns what stop shall call. It runs under the
// lock, so that a stop beside it waits and then finds what to call; it must not block.
func (l *lifeline) start(begin func() (cancel func())) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopped {
		l.cancel = begin()
	}
}

func (l *lifeline) stop() {
	l.mu.Lock()
	l.stopped = true
	cancel := l.cancel
	l.cancel = nil
	l.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}
