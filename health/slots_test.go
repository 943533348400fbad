package health

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestProbesInFlightAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, taking(100*ms))
		l.SetTargets("web", targets(everySecond, numbered("a", 1000)...))
		pass(20 * sec)
		if l.most != 64 {
			t.Errorf("at most %d probes were in flight, want 64", l.most)
		}
		if s := l.Stats(); s.InFlight != 64 || s.Lateness < 500*ms {
			t.Errorf("%d in flight, %v late: want an overload to show", s.InFlight, s.Lateness)
		}
	})
}

// Ten thousand targets cost goroutines only for the probes in flight.
func TestWaitingCostsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, hang)
		before := runtime.NumGoroutine()
		l.SetTargets("web", targets(everySecond, numbered("a", 10_000)...))
		synctest.Wait()
		if more := runtime.NumGoroutine() - before; more > 64 {
			t.Errorf("%d more goroutines, want at most 64", more)
		}
	})
}

// Hundreds of targets that hang must not keep those that answer from being probed on time.
func TestHangingTargetsStarveNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := func(ctx context.Context, address string) error {
			if address[:4] == "hang" {
				return hang(ctx, address)
			}
			return taking(2*ms)(ctx, address)
		}
		l := newLab(t, 64, network)
		good := numbered("good", 200)
		l.SetTargets("dark", targets(everySecond, numbered("hang", 600)...))
		l.SetTargets("web", targets(everySecond, good...))
		pass(15 * sec) // the first time, nobody knows yet which ones hang
		known := l.now()
		for range 300 {
			pass(100 * ms)
			if got := l.Stats().InFlightTimedOut; got > 32 {
				t.Fatalf("targets that time out hold %d slots, want at most 32", got)
			}
		}
		for _, address := range good {
			starts := l.starts(address)
			for i := 1; i < len(starts); i++ {
				if gap := starts[i] - starts[i-1]; starts[i] > known && gap > 1100*ms+2*maxGrain {
					t.Fatalf("%s waited %v for its round, want 1s ±10%%", address, gap)
				}
			}
			if len(starts) < 30 {
				t.Fatalf("%s was probed %d times in 45 s", address, len(starts))
			}
		}
		l.network(fine)
		pass(40 * sec)
		for _, address := range numbered("hang", 600) {
			if last, _ := l.Last("dark", address); !last.OK {
				t.Fatalf("%s is back, its last probe says %q", address, last.Error)
			}
		}
	})
}

// A rack that comes up dark is not known to be slow until its first probes have timed out. Those that
// answer are on time all the while, and new targets that would answer do not wait behind the slow ones.
func TestNewTargetsThatHangStarveNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, func(ctx context.Context, address string) error {
			if address[:4] == "hang" {
				return hang(ctx, address)
			}
			return taking(2*ms)(ctx, address)
		})
		good := numbered("good", 100)
		l.SetTargets("web", targets(everySecond, good...))
		pass(10 * sec)
		came := l.now()
		l.SetTargets("dark", targets(everySecond, numbered("hang", 200)...))
		pass(10 * sec)
		for _, address := range good {
			starts := l.starts(address)
			for i := 1; i < len(starts); i++ {
				if gap := starts[i] - starts[i-1]; starts[i] > came && gap > 1100*ms+2*maxGrain {
					t.Fatalf("%s waited %v for its round, want 1s ±10%%", address, gap)
				}
			}
		}
		late := l.now()
		l.SetTargets("late", targets(everySecond, "late:1"))
		pass(sec)
		if starts := l.starts("late:1"); len(starts) == 0 || starts[0] > late+100*ms {
			t.Errorf("a new target was probed at %v, want it soon after %v", starts, late)
		}
	})
}

// With one slot even half of the slots is one: targets that time out are still probed, by turns.
func TestOneSlotServesBothClasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 1, func(ctx context.Context, address string) error {
			if address == "hang:1" {
				return hang(ctx, address)
			}
			return nil
		})
		l.SetTargets("web", targets(Check{Type: TypeTCP, Interval: 3 * sec}, "hang:1", "good:1"))
		pass(60 * sec)
		if hanging, good := len(l.starts("hang:1")), len(l.starts("good:1")); hanging < 18 || good < 18 {
			t.Errorf("%d and %d probes in 60 s, want about 20 each", hanging, good)
		}
	})
}

func TestMissedRoundsAreSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 1, fine)
		l.SetTargets("web", targets(everySecond, "a:1"))
		pass(10 * sec)
		l.network(hang)
		long := Check{Type: TypeTCP, Interval: time.Hour, Timeout: time.Minute}
		l.SetTargets("slow", targets(long, "b:1"))
		synctest.Wait()
		l.network(fine)
		blocked := l.now()
		pass(70 * sec)
		var after []time.Duration
		for _, start := range l.starts("a:1") {
			if start > blocked {
				after = append(after, start)
			}
		}
		if len(after) < 9 || len(after) > 12 || after[0] != blocked+time.Minute {
			t.Fatalf("probes began at %v, want one right after %v and then one a second", after, blocked+time.Minute)
		}
		for i := 1; i < len(after); i++ {
			if gap := after[i] - after[i-1]; gap < 500*ms-maxGrain {
				t.Errorf("two probes %v apart, want no burst", gap)
			}
		}
	})
}
