package discovery

import "sync"

// queue holds the services that are due for delivery, first come first served, each at most once: what
// changes again while it waits is delivered in one piece.
type queue struct {
	wake chan struct{} // holds a token when due may have grown

	mu     sync.Mutex
	due    []*service
	head   int // due[:head] has been popped
	pushed uint64
	popped uint64
	marks  []mark // in order
}

// mark is closed when the first so many services that were pushed have been delivered.
type mark struct {
	pushed uint64
	done   chan struct{}
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
	q.pushed++
	q.call()
}

func (q *queue) call() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// mark returns a channel that is closed once all that is due now has been delivered.
func (q *queue) mark() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := mark{q.pushed, make(chan struct{})}
	q.marks = append(q.marks, m)
	q.call()
	return m.done
}

// pop returns the service that waited longest, or nil. Who pops has delivered what it popped before.
func (q *queue) pop() *service {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.marks) > 0 && q.marks[0].pushed <= q.popped {
		close(q.marks[0].done)
		q.marks = q.marks[1:]
	}
	if q.head == len(q.due) {
		q.due, q.head = nil, 0
		return nil
	}
	s := q.due[q.head]
	q.due[q.head] = nil
	q.head++
	q.popped++
	s.queued = false
	return s
}
