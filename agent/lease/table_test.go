package lease

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted is a lease that counts its releases.
func counted(releases *atomic.Int64) Lease {
	return Lease{
		Service: "web", Address: "10.0.0.1:80", TTL: time.Minute,
		Release: func() { releases.Add(1) },
	}
}

func ownedBy(connection uint64, l Lease) Lease {
	l.Owner = connection
	return l
}

func mustTake(t testing.TB, table *Table, l Lease) string {
	t.Helper()
	id, err := table.Take(l)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// checkReleased fails unless n leases were released so far.
func checkReleased(t *testing.T, releases *atomic.Int64, n int64) {
	t.Helper()
	if got := releases.Load(); got != n {
		t.Errorf("%d releases, want %d", got, n)
	}
}

func checkEmpty(t *testing.T, table *Table) {
	t.Helper()
	if remembered(table) != 0 {
		t.Errorf("the table remembers what is gone: %+v", table)
	}
}

// remembered is how much a table holds of anything.
func remembered(table *Table) int {
	table.mu.Lock()
	defer table.mu.Unlock()
	return len(table.leases) + len(table.owners) + len(table.services) + len(table.uids) + len(table.expiries)
}

func TestEndReturnsTheLeaseOnce(t *testing.T) {
	var releases atomic.Int64
	table := New(DefaultLimits)
	table.Open(7)
	for _, owner := range []uint64{0, 7} {
		releases.Store(0)
		id := mustTake(t, table, ownedBy(owner, counted(&releases)))
		got, ok := table.End(id)
		if !ok || got.Service != "web" || got.Address != "10.0.0.1:80" || got.Owner != owner || got.Release != nil {
			t.Errorf("End = %+v, %v", got, ok)
		}
		if got, ok := table.End(id); ok || got.Service != "" {
			t.Errorf("the second End = %+v, %v", got, ok)
		}
		checkReleased(t, &releases, 1)
	}
	if got, ok := table.End("no such id"); ok {
		t.Errorf("End of an id that never was = %+v", got)
	}
	table.EndOwner(7)
	checkEmpty(t, table)
}

func TestIDsAreLongAndDiffer(t *testing.T) {
	var releases atomic.Int64
	table := New(DefaultLimits)
	seen := make(map[string]bool)
	for range 1000 {
		id := mustTake(t, table, counted(&releases))
		if len(id) < 22 || len(id) > 40 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}

func TestEndOwner(t *testing.T) {
	var first, second, byTime atomic.Int64
	table := New(DefaultLimits)
	table.Open(1)
	table.Open(2)
	for range 3 {
		mustTake(t, table, ownedBy(1, counted(&first)))
	}
	mustTake(t, table, ownedBy(2, counted(&second)))
	mustTake(t, table, counted(&byTime))
	if got := table.Held(1); got != 3 {
		t.Errorf("Held = %d, want 3", got)
	}
	if got := table.EndOwner(1); got != 3 {
		t.Errorf("EndOwner = %d, want 3", got)
	}
	if got := table.EndOwner(1); got != 0 {
		t.Errorf("the second EndOwner = %d", got)
	}
	checkReleased(t, &first, 3)
	checkReleased(t, &second, 0)
	checkReleased(t, &byTime, 0)
	if table.Held(1) != 0 || table.Held(2) != 1 || table.Count() != 2 || table.CountOf("web") != 2 {
		t.Errorf("Held = %d and %d, Count = %d, CountOf = %d",
			table.Held(1), table.Held(2), table.Count(), table.CountOf("web"))
	}
}

func TestLateTakeEndsAtOnce(t *testing.T) {
	var releases atomic.Int64
	table := New(DefaultLimits)
	table.Open(1)
	table.EndOwner(1)
	id, err := table.Take(ownedBy(1, counted(&releases)))
	if !errors.Is(err, ErrEnded) || id != "" {
		t.Errorf("Take = %q, %v; want %v", id, err, ErrEnded)
	}
	checkReleased(t, &releases, 1)
	checkEmpty(t, table)
}

func TestLimits(t *testing.T) {
	limits := Limits{Total: 5, PerUID: 3, PerConnection: 2}
	tests := []struct {
		name  string
		taken []Lease // fit the limits
		then  Lease
		want  string
	}{
		{
			"total",
			[]Lease{{UID: 1}, {UID: 2}, {UID: 3}, {UID: 4}, {UID: 5}},
			Lease{UID: 6},
			"the agent's limit is 5",
		},
		{"uid", []Lease{{UID: 1}, {UID: 1, Owner: 1}, {UID: 1}}, Lease{UID: 1}, "the limit of uid 1 is 3"},
		{
			"connection",
			[]Lease{{UID: 1, Owner: 1}, {UID: 2, Owner: 1}},
			Lease{UID: 3, Owner: 1},
			"the limit of a connection is 2",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var releases atomic.Int64
			table := New(limits)
			table.Open(1)
			for i := range test.taken {
				test.taken[i].Release = func() { releases.Add(1) }
			}
			test.then.Release = func() { releases.Add(1) }
			var ids []string
			for _, l := range test.taken {
				ids = append(ids, mustTake(t, table, l))
			}
			_, err := table.Take(test.then)
			if !errors.Is(err, ErrOverLimit) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Take = %v, want %q", err, test.want)
			}
			checkReleased(t, &releases, 1)
			table.End(ids[0])
			mustTake(t, table, test.then) // there is room again
		})
	}
}

// TestEndsRace lets everything that can end a lease do so at once, while others are being taken.
func TestEndsRace(t *testing.T) {
	const rounds, leases = 200, 8
	for range rounds {
		var taken, releases atomic.Int64
		table := New(DefaultLimits)
		table.Open(1)
		var all sync.WaitGroup
		for i := range leases {
			owner := uint64(i % 2)
			all.Go(func() {
				taken.Add(1)
				if id, err := table.Take(ownedBy(owner, counted(&releases))); err == nil {
					table.Renew(id)
					table.End(id)
				}
			})
			all.Go(func() {
				taken.Add(1)
				table.Take(ownedBy(owner, counted(&releases))) // ended by one of the next
			})
		}
		all.Go(func() { table.EndOwner(1) })
		all.Go(func() { table.expire(time.Now().Add(time.Hour)) })
		all.Go(table.shut)
		all.Wait()
		checkReleased(t, &releases, taken.Load())
		checkEmpty(t, table)
	}
}
