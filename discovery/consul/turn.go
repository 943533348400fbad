package consul

import "time"

// turnWait says how long one query may wait for a change, so that with more askers than room nobody is
// without a query for much longer than turn, which is also the longest such wait. Where all askers
// have room, it is wait.
//
// With n askers, room for r of them and a wait of w, each is without a query for (n/r - 1) · w. Below
// a tenth of turn the wait does not go, which bounds the rate of queries.
func turnWait(askers, room int, wait, turn time.Duration) time.Duration {
	if askers <= room {
		return wait
	}
	w := time.Duration(float64(turn) * float64(room) / float64(askers-room))
	return max(turn/10, min(w, turn))
}

// worst remembers the largest of the values that it was shown lately: for one to two spans.
type worst struct {
	span time.Duration

	began         time.Time // of the present span
	now, previous time.Duration
}

func (w *worst) show(at time.Time, d time.Duration) {
	w.advance(at)
	w.now = max(w.now, d)
}

func (w *worst) read(at time.Time) time.Duration {
	w.advance(at)
	return max(w.now, w.previous)
}

func (w *worst) advance(at time.Time) {
	switch age := at.Sub(w.began); {
	case age >= 2*w.span:
		w.began, w.now, w.previous = at, 0, 0
	case age >= w.span:
		w.began, w.now, w.previous = at, 0, w.now
	}
}
