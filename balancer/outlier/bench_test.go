package outlier

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

func TestRecordAllocatesNothing(t *testing.T) {
	g := newGroup(t, 10, nil)
	i := 0
	report := func() {
		g.Record("b0", uint32(i%3), i%2 == 0, g.now)
		g.Record("b1", liar, false, g.now) // ejected at once, or kept for the cap
		g.Record("b2", liar, false, g.now)
		i++
	}
	for range 50 {
		report()
	}
	if n := testing.AllocsPerRun(1000, report); n != 0 {
		t.Errorf("%v allocations for three outcomes", n)
	}
}

// TestMemoryIsBounded by members and uids that are told apart, whoever says what.
func TestMemoryIsBounded(t *testing.T) {
	g := newGroup(t, 10, nil)
	for i := range 100_000 {
		g.Record(address(i%50), uint32(i), i%3 == 0, g.now)
		if i%1000 == 0 {
			g.sweep()
		}
	}
	if len(g.backends) > 10 {
		t.Errorf("%d backends are remembered", len(g.backends))
	}
	for _, b := range g.backends {
		if len(b.voices) > MaxUIDs {
			t.Errorf("%d voices are remembered of %s", len(b.voices), b.address)
		}
	}
}

// TestARestingGroupIsNotLookedAt, and wakes with the next outcome.
func TestARestingGroupIsNotLookedAt(t *testing.T) {
	g := newGroup(t, 10, nil)
	g.fail("b0", 1, 5)
	for range 6 {
		g.sweep()
	}
	if !g.resting {
		t.Error("the group does not rest")
	}
	g.fail("b0", 1, 5)
	for range 2 {
		g.sweep()
	}
	g.wantEjected("b0")
	g.sweep()
	g.wantEjected()
}

// TestConcurrentUse is for the race detector; afterwards the counts must agree.
func TestConcurrentUse(t *testing.T) {
	g := newGroup(t, 20, func(s *Settings) {
		small(s)
		s.ActiveUnejects = true
	})
	var workers sync.WaitGroup
	for uid := range uint32(4) {
		workers.Go(func() {
			for i := range 5000 {
				g.Record(address(rand.IntN(20)), uid, rand.IntN(3) == 0, epoch)
				switch i % 100 {
				case 0:
					g.ActiveOK(address(rand.IntN(20)))
				case 1:
					g.SetMembers(addresses(10 + rand.IntN(10)))
				case 2:
					g.Sweep(epoch.Add(Defaults().Interval * 3))
				case 3:
					g.Import(g.Export(), epoch)
				case 4:
					g.Stats()
					g.SetSettings(g.Settings())
				}
			}
		})
	}
	workers.Wait()
	g.ejectedNow()
}

func BenchmarkRecord(b *testing.B) {
	for _, members := range []int{10, 10_000} {
		g := newGroup(b, members, nil)
		list := addresses(members)
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				g.Record(list[i%members], uint32(i&3), i&7 != 0, epoch)
				i++
			}
		})
		b.Run(fmt.Sprintf("members=%d/parallel", members), func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := rand.IntN(members); pb.Next(); i++ {
					g.Record(list[i%members], uint32(i&3), i&7 != 0, epoch)
				}
			})
		})
	}
}

// BenchmarkSweep is a sweep in which the cap lets two of a hundred candidates go, and every uid is left
// out once.
func BenchmarkSweep(b *testing.B) {
	for _, members := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			g := newGroup(b, members, onlySuccessRate)
			for b.Loop() {
				b.StopTimer()
				for i := range members {
					failed := 0
					if i%50 == 0 {
						failed = 20
					}
					for uid := range uint32(MaxUIDs) {
						g.backend(address(i)).voice(g.place(uid)).now = tally{100, uint32(failed)}
					}
				}
				g.resting = false
				b.StartTimer()
				g.Sweep(epoch)
			}
		})
	}
}
