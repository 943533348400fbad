package lease

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// running runs a table until the returned function is called, which waits for it.
func running(t *testing.T, table *Table) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- table.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

// TestExpiry takes leases in an order that is not that of their ends.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := New(DefaultLimits)
		defer running(t, table)()
		begin := time.Now()
		ends := make(map[time.Duration]time.Duration)
		for _, ttl := range []time.Duration{30, 5, 3600, 5400, 1, 5, 45} {
			ttl *= time.Second
			mustTake(t, table, Lease{TTL: ttl, Release: func() { ends[ttl] = time.Since(begin) }})
			synctest.Wait()
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		for ttl, end := range ends {
			if end != ttl {
				t.Errorf("a lease of %v ended after %v", ttl, end)
			}
		}
		if len(ends) != 6 {
			t.Errorf("the leases that ended are %v", ends)
		}
		checkEmpty(t, table)
	})
}

func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var releases atomic.Int64
		table := New(DefaultLimits)
		defer running(t, table)()
		id := mustTake(t, table, counted(&releases)) // for a minute
		for range 5 {
			time.Sleep(59 * time.Second)
			if l, ok := table.Renew(id); !ok || l.TTL != time.Minute || l.Release != nil {
				t.Fatalf("Renew = %+v, %v", l, ok)
			}
		}
		time.Sleep(59 * time.Second)
		checkReleased(t, &releases, 0)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		checkReleased(t, &releases, 1)
		if _, ok := table.Renew(id); ok {
			t.Error("a lease was renewed after its end")
		}
	})
}

// TestRenewTooLate: time decides, not whether Run was quick enough.
func TestRenewTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var releases atomic.Int64
		table := New(DefaultLimits) // nothing runs it
		id := mustTake(t, table, counted(&releases))
		time.Sleep(time.Minute)
		if _, ok := table.Renew(id); ok {
			t.Error("a lease was renewed when its time was up")
		}
	})
}

func TestConnectionLeasesDoNotExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var releases atomic.Int64
		table := New(DefaultLimits)
		defer running(t, table)()
		table.Open(1)
		id := mustTake(t, table, ownedBy(1, counted(&releases)))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		checkReleased(t, &releases, 0)
		if _, ok := table.Renew(id); !ok {
			t.Error("Renew does not know a lease that is held")
		}
		table.EndOwner(1)
		checkReleased(t, &releases, 1)
	})
}

func TestManyExpireAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var releases atomic.Int64
		table := New(DefaultLimits)
		defer running(t, table)()
		for range 3*batch + 1 {
			mustTake(t, table, counted(&releases))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		checkReleased(t, &releases, 3*batch+1)
		checkEmpty(t, table)
	})
}

func TestShutdownEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var releases atomic.Int64
		table := New(DefaultLimits)
		stop := running(t, table)
		table.Open(1)
		mustTake(t, table, ownedBy(1, counted(&releases)))
		mustTake(t, table, counted(&releases))
		stop()
		checkReleased(t, &releases, 2)
		table.Open(2)
		for _, owner := range []uint64{0, 1, 2} {
			if _, err := table.Take(ownedBy(owner, counted(&releases))); !errors.Is(err, ErrEnded) {
				t.Errorf("Take = %v, want %v", err, ErrEnded)
			}
		}
		checkReleased(t, &releases, 5)
		if n := table.EndOwner(1); n != 0 {
			t.Errorf("EndOwner = %d after the shutdown", n)
		}
		checkEmpty(t, table)
	})
}
