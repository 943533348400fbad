package fair

import (
	"context"
	"sync"
	"time"
)

// Turn is what one request does in turns for large work, one at a time. Its methods may be called
// concurrently with each other, although only one goroutine works.
type Turn struct {
	turns *Turns
	uid   uint32

	mu   sync.Mutex
	user *user // who is at work; nil between turns
	held int   // bytes

	began  time.Time     // this turn
	worked time.Duration // in those before
}

// NewTurn returns a turn that has not come. End must be called when the request is done.
func (t *Turns) NewTurn(uid uint32) *Turn { return &Turn{turns: t, uid: uid} }

// Take waits for the turn, unless it is there. When ctx ends first, the error is that of ctx, and when
// patience is over ErrLate; with patience 0 it never is.
func (t *Turn) Take(ctx context.Context, patience time.Duration) error {
	t.mu.Lock()
	there := t.user != nil
	t.mu.Unlock()
	if there {
		return nil
	}
	u, err := t.turns.large(ctx, t.uid, patience)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.user, t.began = u, time.Now()
	return nil
}

// Keep ends the turn with an answer of that many bytes, which are held until End.
func (t *Turn) Keep(bytes int) { t.settle(bytes) }

// End ends the turn, if there is one, and says that what is held was read, or never will be. Take may
// begin another.
func (t *Turn) End() { t.settle(0) }

// Worked is how long the turns that have ended lasted together.
func (t *Turn) Worked() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.worked
}

func (t *Turn) settle(bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	if bytes != t.held {
		t.turns.user(t.uid).unread += bytes - t.held
		t.held = bytes
	}
	if t.user != nil {
		t.turns.end(t.user)
		t.user = nil
		t.worked += time.Since(t.began)
	} else if u := t.turns.users[t.uid]; u != nil {
		t.turns.next()
		t.turns.forget(u)
	}
}

type turnKey struct{}

// WithTurn gives a context in which Pause finds the turn; nil: none.
func WithTurn(ctx context.Context, t *Turn) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// Pause calls wait, which waits for something else than the processor, between two turns of the request
// that ctx belongs to. The error says that the second one did not come; it is nil where there are no
// turns. Work that goes on after ctx has ended has a turn as well.
func Pause(ctx context.Context, wait func()) error {
	t, _ := ctx.Value(turnKey{}).(*Turn)
	if t == nil {
		wait()
		return nil
	}
	t.End()
	wait()
	return t.Take(context.WithoutCancel(ctx), 0)
}
