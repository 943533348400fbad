package fair

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// ErrLate says that a turn did not come in time.
var ErrLate = errors.New("too much other work of this user is waiting")

// What of one user's the agent keeps in memory at most, in bytes.
const (
	unreadLimit = 8 << 20  // of answers that the user has not read, before large work of the user waits
	unreadyMax  = 12 << 20 // of large requests that are not here in full, or not answered
)

// Turns lets heavy work happen a few pieces at a time: one less than there are processors to run Go, so
// that light work always finds one, and the network is looked at without delay. (Go's scheduler looks
// there when a processor has nothing to run, and else every 10 ms.) Users get turns in rotation,
// whatever number of requests each has; those of one user come first in, first out.
//
// The answer to large work is memory until the client has read it, see Turn.Keep. A user who has much of
// that gets no turn for large work. Its methods may be called concurrently.
type Turns struct {
	mu    sync.Mutex
	free  int
	users map[uint32]*user
	ring  []*user // those with waiters; the one whose turn is next comes first
}

// user is one who works, waits, or has the agent keep something.
type user struct {
	uid     uint32
	working int
	unread  int // bytes of answers
	unready int // bytes of requests
	small   []*waiter
	large   []*waiter
}

type waiter struct{ ready chan struct{} }

// NewTurns returns turns for the processors that the program may use now.
func NewTurns() *Turns { return newTurns(max(runtime.GOMAXPROCS(0)-1, 1)) }

func newTurns(n int) *Turns { return &Turns{free: n, users: make(map[uint32]*user)} }

// Small waits for a turn for work whose answer is small, and which is done without waiting for anything.
// EndSmall ends it.
func (t *Turns) Small(uid uint32) {
	t.mu.Lock()
	u := t.user(uid)
	if t.free > 0 {
		t.grant(u)
		t.mu.Unlock()
		return
	}
	w := t.queue(u, &u.small)
	t.mu.Unlock()
	<-w.ready
}

// EndSmall ends a turn that Small gave.
func (t *Turns) EndSmall(uid uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(t.users[uid])
}

// large waits for a turn for large work, see Turn.Take.
func (t *Turns) large(ctx context.Context, uid uint32, patience time.Duration) (*user, error) {
	t.mu.Lock()
	u := t.user(uid)
	if t.free > 0 && u.unread < unreadLimit {
		t.grant(u)
		t.mu.Unlock()
		return u, nil
	}
	w := t.queue(u, &u.large)
	t.mu.Unlock()
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, patience, ErrLate)
		defer cancel()
	}
	select {
	case <-w.ready:
		return u, nil
	case <-ctx.Done():
		if t.withdraw(u, w) {
			return nil, context.Cause(ctx)
		}
		return u, nil
	}
}

// withdraw takes a waiter out of the queue; false when its turn has come at that very moment.
func (t *Turns) withdraw(u *user, w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.Index(u.large, w)
	if at < 0 {
		return false
	}
	u.large = slices.Delete(u.large, at, at+1)
	if !u.waits() {
		t.ring = slices.DeleteFunc(t.ring, func(other *user) bool { return other == u })
	}
	t.forget(u)
	return true
}

// Hold counts bytes of a user's large request that are kept in memory; false, and nothing is counted, when
// the user has too many of them. Drop takes it back.
func (t *Turns) Hold(uid uint32, bytes int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.user(uid)
	if u.unready+bytes > unreadyMax {
		t.forget(u)
		return false
	}
	u.unready += bytes
	return true
}

// Drop takes back what Hold counted.
func (t *Turns) Drop(uid uint32, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[uid]
	u.unready -= bytes
	t.forget(u)
}

// Users is how many users work, wait, or have the agent keep something.
func (t *Turns) Users() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.users)
}

// The functions below are for those who hold the lock.

func (u *user) waits() bool { return len(u.small)+len(u.large) > 0 }

func (t *Turns) user(uid uint32) *user {
	u := t.users[uid]
	if u == nil {
		u = &user{uid: uid}
		t.users[uid] = u
	}
	return u
}

// forget drops a user of whom nothing is left to know.
func (t *Turns) forget(u *user) {
	if u.working == 0 && u.unread == 0 && u.unready == 0 && !u.waits() {
		delete(t.users, u.uid)
	}
}

func (t *Turns) grant(u *user) {
	t.free--
	u.working++
}

// queue puts a piece of a user's work into one of the user's lines.
func (t *Turns) queue(u *user, line *[]*waiter) *waiter {
	if !u.waits() {
		t.ring = append(t.ring, u)
	}
	w := &waiter{make(chan struct{})}
	*line = append(*line, w)
	return w
}

func (t *Turns) end(u *user) {
	t.free++
	u.working--
	t.next()
	t.forget(u)
}

// next gives the turns that are free to those who wait.
func (t *Turns) next() {
	for i := 0; t.free > 0 && i < len(t.ring); {
		u := t.ring[i]
		w := u.pop()
		if w == nil {
			i++
			continue
		}
		t.ring = slices.Delete(t.ring, i, i+1)
		if u.waits() {
			t.ring = append(t.ring, u)
		}
		t.grant(u)
		close(w.ready)
	}
}

// pop gives a user's waiter whose turn is next; nil when that one is for large work and the user has
// too much unread.
func (u *user) pop() (w *waiter) {
	line := &u.small
	if len(*line) == 0 {
		line = &u.large
		if u.unread >= unreadLimit {
			return nil
		}
	}
	w = (*line)[0]
	*line = (*line)[1:]
	return w
}
