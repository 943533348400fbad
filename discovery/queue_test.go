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
