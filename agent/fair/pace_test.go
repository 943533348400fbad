package fair

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// consume has several connections of a user pay without end; the function that it returns says how much
// they have paid.
func consume(ctx context.Context, p *Pace, uid uint32, connections, units int, every time.Duration) (paid func() int64) {
	var sum atomic.Int64
	for range connections {
		go func() {
			a := p.Open(uid)
			defer p.Close(a, 0)
			for pause(ctx, every) == nil {
				a.Pay(units)
				sum.Add(int64(units))
			}
		}()
	}
	return func() int64 { return sum.Swap(0) }
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestGreedyUsersArePacedInCompanyOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := NewPace(10_000)
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })

		greedy := consume(ctx, p, 1, 100, 1, time.Millisecond) // 100,000 a second
		time.Sleep(time.Second)
		if got := greedy(); got < 95_000 {
			t.Errorf("alone, a user got %d in a second, want all", got)
		}
		visit, leave := context.WithCancel(ctx)
		modest := consume(visit, p, 2, 1, 1, 10*time.Millisecond)
		time.Sleep(100 * time.Millisecond) // until it is noticed
		greedy()
		modest()
		time.Sleep(time.Second)
		if got := greedy(); got < 9_500 || got > 10_500 {
			t.Errorf("in company, a greedy user got %d in a second, want 10000", got)
		}
		if got := modest(); got < 95 {
			t.Errorf("a modest user got %d in a second, want all", got)
		}
		leave()
		time.Sleep(company + 100*time.Millisecond)
		greedy()
		time.Sleep(time.Second)
		if got := greedy(); got < 95_000 {
			t.Errorf("alone again, a user got %d in a second, want all", got)
		}
		cancel()
		running.Wait()
		synctest.Wait()
		if len(p.users) != 0 || p.pacing != 0 {
			t.Errorf("in the end %d users are known and %d paced", len(p.users), p.pacing)
		}
	})
}

// Two greedy users are company for each other, and both get their share.
func TestGreedyUsersGetTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := NewPace(10_000)
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })
		many := consume(ctx, p, 1, 200, 1, time.Millisecond)
		few := consume(ctx, p, 2, 2, 40, time.Millisecond) // large units
		time.Sleep(time.Second)
		many()
		few()
		time.Sleep(time.Second)
		for user, got := range map[string]int64{"many": many(), "few": few()} {
			if got < 9_500 || got > 10_500 {
				t.Errorf("the user with %s connections got %d, want 10000", user, got)
			}
		}
		cancel() // also those who wait go on
		running.Wait()
		synctest.Wait()
	})
}

// Who takes a new connection for each request, and hangs up before paying, is paced as others are.
func TestHangingUpSavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := NewPace(10_000)
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })
		consume(ctx, p, 2, 1, 1, 10*time.Millisecond)
		var sum atomic.Int64
		running.Go(func() {
			for pause(ctx, time.Millisecond) == nil {
				a := p.Open(1)
				a.Pay(1)
				sum.Add(100)
				p.Close(a, 99)
			}
		})
		time.Sleep(time.Second) // until it is noticed
		sum.Store(0)
		time.Sleep(time.Second)
		if got := sum.Load(); got < 9_000 || got > 11_000 {
			t.Errorf("a user who hangs up got %d in a second, want 10000", got)
		}
		cancel()
		running.Wait()
		synctest.Wait()
		if len(p.users) != 0 || p.pacing != 0 {
			t.Errorf("in the end %d users are known and %d paced", len(p.users), p.pacing)
		}
	})
}

// The pace is lifted from one who has become modest.
func TestThePaceIsLifted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := NewPace(10_000)
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })
		consume(ctx, p, 2, 1, 1, 10*time.Millisecond)
		a := p.Open(1)
		for range 1000 {
			a.Pay(1)
		}
		time.Sleep(2 * sweepEvery)
		if !p.pacesAnybody() {
			t.Error("1000 units at once went unnoticed")
		}
		time.Sleep(calm + 2*sweepEvery)
		if p.pacesAnybody() {
			t.Error("a user who consumes nothing is paced still")
		}
		p.Close(a, 0)
		cancel()
		running.Wait()
		synctest.Wait()
	})
}

func BenchmarkPay(b *testing.B) {
	p := NewPace(1)
	b.RunParallel(func(pb *testing.PB) {
		a := p.Open(1)
		defer p.Close(a, 0)
		for pb.Next() {
			a.Pay(1)
		}
	})
}
