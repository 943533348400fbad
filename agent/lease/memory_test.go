package lease

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeasesGoOnAfterARestart carries leases over to another table.
func TestLeasesGoOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := New(DefaultLimits)
		before.Open(1)
		take := func(l Lease) string {
			t.Helper()
			l.Service, l.Release = "web", func() {}
			id, err := before.Take(l)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		take(Lease{Address: "bound", Owner: 1})
		long, short := take(Lease{Address: "long", UID: 7, TTL: time.Hour}), take(Lease{Address: "short", TTL: time.Minute})
		ended := take(Lease{Address: "ended", TTL: time.Minute})
		before.End(ended)
		time.Sleep(20 * time.Second)
		memories := before.Remember()
		slices.SortFunc(memories, func(a, b Memory) int { return strings.Compare(a.Address, b.Address) })
		if len(memories) != 2 || memories[0].ID != long || memories[0].Left != time.Hour-20*time.Second || memories[1].Left != 40*time.Second {
			t.Fatalf("it remembers %+v", memories)
		}

		after, released := New(DefaultLimits), make(map[string]int)
		for _, m := range memories {
			m.Release = func() { released[m.Address]++ }
			if err := after.TakeAgain(m); err != nil {
				t.Error(err)
			}
		}
		again := memories[0]
		again.Release = func() { released["again"]++ }
		if err := after.TakeAgain(again); !errors.Is(err, ErrEnded) || released["again"] != 1 {
			t.Errorf("an id that is taken: %v, released %d times", err, released["again"])
		}
		if after.Count() != 2 || after.CountOf("web") != 2 {
			t.Errorf("%d leases, %d of web", after.Count(), after.CountOf("web"))
		}
		if _, ok := after.Renew(long); !ok {
			t.Error("it can't be renewed")
		}
		after.expire(time.Now().Add(41 * time.Second))
		if released["short"] != 1 || released["long"] != 0 {
			t.Errorf("after 41 s released are %v", released)
		}
		if _, ok := after.Renew(short); ok {
			t.Error("what has expired can be renewed")
		}
		if l, ok := after.End(long); !ok || l.UID != 7 || released["long"] != 1 {
			t.Errorf("ended as %+v, %v", l, ok)
		}
	})
}

func TestNonsenseIsNotTakenAgain(t *testing.T) {
	for name, m := range map[string]Memory{
		"no id":  {Lease: Lease{TTL: time.Minute}},
		"no ttl": {ID: "x"},
		"owned":  {ID: "x", Lease: Lease{TTL: time.Minute, Owner: 1}},
	} {
		released := 0
		m.Release = func() { released++ }
		if err := New(DefaultLimits).TakeAgain(m); !errors.Is(err, ErrEnded) || released != 1 {
			t.Errorf("%s: %v, released %d times", name, err, released)
		}
	}
	table := New(DefaultLimits)
	m := Memory{ID: "x", Left: 1000 * time.Hour, Lease: Lease{TTL: time.Minute, Release: func() {}}}
	if err := table.TakeAgain(m); err != nil {
		t.Fatal(err)
	}
	if left := table.Remember()[0].Left; left > time.Minute {
		t.Errorf("it has %v left, more than its ttl", left)
	}
}

// TestRememberLooksInPortions has more leases than are looked at in one go.
func TestRememberLooksInPortions(t *testing.T) {
	table := New(DefaultLimits)
	for range portion + 1 {
		if _, err := table.Take(Lease{Service: "web", TTL: time.Minute, Release: func() {}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(table.Remember()); n != portion+1 {
		t.Errorf("%d leases, want %d", n, portion+1)
	}
}
