package discovery

import "sync"

// queue holds the services that are due for delivery, first come first served, each at most once: what
// changes again while it waits is delivered in one piece.
type queue struct {
	wake chan struct{} // holds a token when due may have grown

	mu   sync.Mutex
	due  []*service
	head int // due[:head] has been popped
}

func newQueue() queue { return queue{wake: make(chan struct{}, 1)} }

// push makes the service due. It never blocks.
func (q *queue) push(s *service) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.queued {
		return
	}
	s.queued = true
	q.due = append(q.due, s)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pop returns the service that waited longest, or nil.
func (q *queue) pop() *service {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head == len(q.due) {
		q.due, q.head = nil, 0
		return nil
	}
	s := q.due[q.head]
	q.due[q.head] = nil
	q.head++
	s.queued = false
	return s
}
