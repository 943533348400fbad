package health

import (
	"container/heap"
	"time"
)

// schedule decides which probe starts next. It holds every probe that is not in flight, by when it
// is due, and counts the slots that the others hold. It is not safe for concurrent use.
type schedule struct {
	slots   int
	waiting [classes]dueHeap
	flying  [classes]int
}

// class is what the last outcome of a probe lets one expect of the next. It changes only while the
// probe is neither in a heap nor in flight.
type class uint8

const (
	fresh  class = iota // there was none yet
	prompt              // an answer
	slow                // a timeout
	classes
)

// room says whether a slot is free for one more probe of a class: see slowSlots and unsureSlots.
func (s *schedule) room(c class) bool {
	unsure := s.flying[slow] + s.flying[fresh]
	switch {
	case c != prompt && unsure >= unsureSlots(s.slots):
		return false
	case c == slow && s.flying[slow] >= slowSlots(s.slots):
		return false
	}
	return s.inFlight() < s.slots
}

// add lets p wait until it is due.
func (s *schedule) add(p *probe, due time.Duration) {
	p.due = due
	heap.Push(&s.waiting[p.class], p)
}

// remove takes a waiting p out.
func (s *schedule) remove(p *probe) { heap.Remove(&s.waiting[p.class], p.place) }

// move changes when a waiting p is due.
func (s *schedule) move(p *probe, due time.Duration) {
	s.remove(p)
	s.add(p, due)
}

// take gives a slot to the probe that has been due the longest and may have one; nil: there is none.
func (s *schedule) take(now time.Duration) *probe {
	p := s.first()
	if p == nil || p.due > now {
		return nil
	}
	s.remove(p)
	s.flying[p.class]++
	return p
}

// done gives back the slot that p held. Only then may p.class change.
func (s *schedule) done(p *probe) { s.flying[p.class]-- }

// first is the probe to start next, due or not, as far as slots go; nil: there is none.
func (s *schedule) first() *probe {
	var first *probe
	for c := range classes {
		p := s.waiting[c].first()
		if p != nil && s.room(c) && (first == nil || p.due < first.due) {
			first = p
		}
	}
	return first
}

// lateness is how long the probe that is due the longest has been waiting; 0: none is late.
func (s *schedule) lateness(now time.Duration) time.Duration {
	var late time.Duration
	for _, h := range s.waiting {
		if p := h.first(); p != nil {
			late = max(late, now-p.due)
		}
	}
	return late
}

func (s *schedule) inFlight() int { return s.flying[fresh] + s.flying[prompt] + s.flying[slow] }

// dueHeap is a heap (container/heap) of probes, the one due first on top. It holds the times too:
// following a pointer for each comparison would be most of its cost.
type dueHeap []entry

type entry struct {
	due   time.Duration
	probe *probe
}

func (h dueHeap) first() *probe {
	if len(h) == 0 {
		return nil
	}
	return h[0].probe
}

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due < h[j].due }

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].probe.place, h[j].probe.place = i, j
}

// Push is for container/heap.
func (h *dueHeap) Push(x any) {
	p := x.(*probe)
	p.place = len(*h)
	*h = append(*h, entry{p.due, p})
}

// Pop is for container/heap.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	p := (*h)[last].probe
	(*h)[last] = entry{}
	*h = (*h)[:last]
	return p
}
