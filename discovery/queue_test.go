package discovery

import "testing"

func TestQueue(t *testing.T) {
	q := newQueue()
	a, b := &service{name: "a"}, &service{name: "b"}
	q.push(a)
	q.push(b)
	q.push(a) // waits already
	<-q.wake
	if got := []*service{q.pop(), q.pop(), q.pop()}; got[0] != a || got[1] != b || got[2] != nil {
		t.Errorf("popped %v", got)
	}
	q.push(a)
	<-q.wake
	if q.pop() != a || q.pop() != nil {
		t.Error("what was popped can't be pushed again")
	}
}

func TestQueueMarks(t *testing.T) {
	q := newQueue()
	passed := func(mark <-chan struct{}) bool {
		select {
		case <-mark:
			return true
		default:
			return false
		}
	}
	before := q.mark()
	q.push(&service{name: "a"})
	q.push(&service{name: "b"})
	both := q.mark()
	q.push(&service{name: "c"})
	for i, want := range []bool{false, false, true, true} { // a, b, c and nothing are popped
		q.pop()
		if !passed(before) || passed(both) != want {
			t.Errorf("after %d: the first mark is passed: %v, the other one: %v", i+1, passed(before), passed(both))
		}
	}
}

func TestLifeline(t *testing.T) {
	var stops int
	begin := func() func() { return func() { stops++ } }

	var usual lifeline
	usual.start(begin)
	usual.stop()
	usual.stop()
	if stops != 1 {
		t.Errorf("stopped %d times, want once", stops)
	}
	var late lifeline
	late.stop()
	late.start(func() func() {
		t.Error("started after the stop")
		return begin()
	})
}
