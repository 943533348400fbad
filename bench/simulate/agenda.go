package main

import "time"

// event is something that happens to a request or, where of is nil, to the world.
type event struct {
	at    time.Duration
	order uint64 // among events of the same moment: in the order in which they were added
	do    func(*request)
	of    *request
}

func (e *event) before(f *event) bool {
	return e.at < f.at || e.at == f.at && e.order < f.order
}

// agenda is the events to come: a binary heap with the next one on top. It is container/heap's
// algorithm without its boxing, which is most of the time of a run.
type agenda struct {
	heap  []event
	added uint64
}

func (a *agenda) add(at time.Duration, do func(*request), of *request) {
	e := event{at: at, order: a.added, do: do, of: of}
	a.added++
	a.heap = append(a.heap, e)
	i := len(a.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&a.heap[parent]) {
			break
		}
		a.heap[i] = a.heap[parent]
		i = parent
	}
	a.heap[i] = e
}

// next takes the next event out; ok is false when there is none.
func (a *agenda) next() (e event, ok bool) {
	last := len(a.heap) - 1
	if last < 0 {
		return event{}, false
	}
	e, moved := a.heap[0], a.heap[last]
	a.heap[last] = event{}
	a.heap = a.heap[:last]
	if last > 0 {
		a.sink(moved)
	}
	return e, true
}

// sink puts an event in the place of the top one and lets it down to where it belongs.
func (a *agenda) sink(e event) {
	i, n := 0, len(a.heap)
	for {
		child := 2*i + 1
		if child >= n {
			break
		}
		if right := child + 1; right < n && a.heap[right].before(&a.heap[child]) {
			child = right
		}
		if !a.heap[child].before(&e) {
			break
		}
		a.heap[i] = a.heap[child]
		i = child
	}
	a.heap[i] = e
}
