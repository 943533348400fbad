package fair

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// take waits for a turn for as long as it takes.
func take(t *testing.T, turns *Turns, uid uint32) *Turn {
	t.Helper()
	turn := turns.NewTurn(uid)
	if err := turn.Take(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	return turn
}

// wantIdle wants that nothing is left of anybody.
func wantIdle(t *testing.T, turns *Turns, free int) {
	t.Helper()
	if turns.free != free || len(turns.users) != 0 || len(turns.ring) != 0 {
		t.Errorf("in the end %d turns are free, %d users known and %d queued", turns.free, len(turns.users), len(turns.ring))
	}
}

// One user has a hundred pieces of work waiting when another comes with two: those are done second and
// fourth.
func TestUsersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		first := take(t, turns, 9)
		var mu sync.Mutex
		var order []uint32
		var working sync.WaitGroup
		work := func(uid uint32, large bool) {
			working.Go(func() {
				if large {
					turn := turns.NewTurn(uid)
					_ = turn.Take(context.Background(), 0)
					defer turn.End()
				} else {
					turns.Small(uid)
					defer turns.EndSmall(uid)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, uid)
			})
			synctest.Wait()
		}
		for i := range 100 {
			work(1, i%2 == 0)
		}
		work(2, true)
		work(2, false)
		first.End()
		working.Wait()
		if want := []uint32{1, 2, 1, 2, 1}; !slices.Equal(order[:5], want) || len(order) != 102 {
			t.Errorf("%d pieces were done, first those of %v, want %v", len(order), order[:5], want)
		}
		wantIdle(t, turns, 1)
	})
}

func TestWhoWaitsTooLongIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		first := take(t, turns, 1)
		began := time.Now()
		second := turns.NewTurn(2)
		if err := second.Take(context.Background(), time.Second); !errors.Is(err, ErrLate) || time.Since(began) != time.Second {
			t.Errorf("after %v: %v, want ErrLate after 1s", time.Since(began), err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		if err := second.Take(ctx, time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("a request that was given up got %v", err)
		}
		second.End()
		first.End()
		wantIdle(t, turns, 1)
	})
}

// Who does not read answers gets no further ones, and keeps nobody else waiting.
func TestAnswersThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		unread := take(t, turns, 1)
		unread.Keep(unreadLimit)
		again := turns.NewTurn(1)
		if err := again.Take(context.Background(), time.Second); !errors.Is(err, ErrLate) {
			t.Errorf("with that much unread: %v, want ErrLate", err)
		}
		turns.Small(1) // what needs no memory goes on
		turns.EndSmall(1)
		other := take(t, turns, 2)
		other.End()
		if !turns.Hold(2, unreadyMax) || turns.Hold(2, 1) {
			t.Error("bodies on their way are not held to the limit")
		}
		take(t, turns, 2).End() // what is on its way does not stand in its own way
		turns.Drop(2, unreadyMax)

		waiting := make(chan error)
		go func() { waiting <- again.Take(context.Background(), 0) }()
		synctest.Wait()
		unread.End()
		if err := <-waiting; err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		again.End()
		time.Sleep(time.Second)
		again.End()
		if again.Worked() != time.Second {
			t.Errorf("a turn of a second lasted %v", again.Worked())
		}
		wantIdle(t, turns, 1)
	})
}

func TestPauseGivesTheTurnToOthers(t *testing.T) {
	turns := newTurns(1)
	turn := take(t, turns, 1)
	ctx, cancel := context.WithCancel(WithTurn(context.Background(), turn))
	cancel() // what goes on afterwards has a turn all the same
	waited := false
	if err := Pause(ctx, func() { take(t, turns, 2).End(); waited = true }); err != nil || !waited {
		t.Errorf("Pause = %v, waited %v", err, waited)
	}
	if turns.free != 0 {
		t.Error("after the pause there is no turn")
	}
	turn.End()
	wantIdle(t, turns, 1)
	for _, without := range []context.Context{context.Background(), WithTurn(context.Background(), nil)} {
		if err := Pause(without, func() { waited = false }); err != nil || waited {
			t.Errorf("without a turn: %v, %v", err, waited)
		}
	}
}

func TestRefusalsAreNewsOnceAMinute(t *testing.T) {
	var users Users
	now := time.Now()
	for _, tt := range []struct {
		uid   uint32
		why   Reason
		after time.Duration
		news  bool
	}{
		{1, Connections, 0, true},
		{1, Connections, time.Second, false},
		{1, Streams, 0, true},
		{2, Connections, 0, true},
		{1, Connections, 59 * time.Second, false},
		{1, Connections, 61 * time.Second, true},
	} {
		now = now.Add(tt.after)
		if got := users.Refused(tt.uid, tt.why, now); got != tt.news {
			t.Errorf("%+v: news is %v", tt, got)
		}
	}
	want := []Refusals{{UID: 1, Connections: 4, Streams: 1}, {UID: 2, Connections: 1}}
	if got := users.Refusals(); !slices.Equal(got, want) {
		t.Errorf("refusals are %+v, want %+v", got, want)
	}
	for uid := range uint32(1000) {
		users.Refused(uid, Requests, now)
	}
	if got := users.Refusals(); len(got) != maxUsers+1 || got[maxUsers].UID != OtherUsers || got[maxUsers].Requests != 1000-254-2 {
		t.Errorf("%d users are told apart, the last is %+v", len(got), got[len(got)-1])
	}
}
