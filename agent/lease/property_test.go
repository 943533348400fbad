package lease

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// model is what a table should hold, kept in the plainest way.
type model struct {
	table  *Table
	open   map[uint64]bool
	live   map[string]*fact
	taken  []*fact // all that ever were, in order
	faults []string
}

type fact struct {
	service  string
	owner    uint64
	ttl      time.Duration
	deadline time.Time
	releases int
}

// TestAnySequence: after any sequence of operations each lease is held, or was released exactly once,
// at the moment it should; and the counts are those of the leases that are held.
func TestAnySequence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Uint64(), 100, 200).Draw(rt, "steps")
		var faults []string
		synctest.Test(t, func(t *testing.T) { faults = replay(t, steps) })
		if len(faults) > 0 {
			rt.Fatal(strings.Join(faults, "\n"))
		}
	})
}

// replay returns what went wrong.
func replay(t *testing.T, steps []uint64) []string {
	m := &model{table: New(DefaultLimits), open: make(map[uint64]bool), live: make(map[string]*fact)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.table.Run(ctx) }()
	for _, step := range steps {
		step *= 0x9e3779b97f4a7c15 // rapid prefers small numbers: spread them
		operations[step>>32%uint64(len(operations))](m, step>>48)
		synctest.Wait()
		m.check()
	}
	cancel()
	<-done
	clear(m.live)
	m.check()
	m.expect(remembered(m.table) == 0, "the table remembers what is gone: %+v", m.table)
	return m.faults
}

func (m *model) expect(ok bool, format string, args ...any) {
	if !ok {
		m.faults = append(m.faults, fmt.Sprintf(format, args...))
	}
}

// operations read from n whatever they have to choose. Those that add stand here more than once, so
// that there are leases for the others to end.
var operations = []func(m *model, n uint64){
	(*model).connect, (*model).connect, (*model).disconnect,
	(*model).takeForTime, (*model).takeForTime, (*model).takeForTime,
	(*model).takeForConnection, (*model).takeForConnection, (*model).takeForConnection,
	(*model).end, (*model).end, (*model).renew, (*model).renew, (*model).pass,
}

func (m *model) connect(n uint64) {
	connection := 1 + n%3
	m.table.Open(connection)
	m.open[connection] = true
}

func (m *model) disconnect(n uint64) {
	connection := 1 + n%3
	m.table.EndOwner(connection)
	delete(m.open, connection)
	maps.DeleteFunc(m.live, func(_ string, f *fact) bool { return f.owner == connection })
}

func (m *model) takeForTime(n uint64)       { m.take(n, 0) }
func (m *model) takeForConnection(n uint64) { m.take(n, 1+n%3) }

func (m *model) end(n uint64) {
	id := m.choose(n)
	_, ok := m.table.End(id)
	m.expect(ok == (m.live[id] != nil), "End(%q) = %v", id, ok)
	delete(m.live, id)
}

func (m *model) renew(n uint64) {
	id := m.choose(n)
	f := m.live[id]
	_, ok := m.table.Renew(id)
	m.expect(ok == (f != nil), "Renew(%q) = %v", id, ok)
	if f != nil {
		f.deadline = time.Now().Add(f.ttl)
	}
}

// pass lets some time pass.
func (m *model) pass(n uint64) {
	time.Sleep(time.Duration(n%6) * time.Second)
	maps.DeleteFunc(m.live, func(_ string, f *fact) bool {
		return f.owner == 0 && !time.Now().Before(f.deadline)
	})
}

func (m *model) take(n, owner uint64) {
	f := &fact{
		service: string('a' + rune(n%3)),
		owner:   owner,
		ttl:     time.Duration(1+n/3%10) * time.Second,
	}
	f.deadline = time.Now().Add(f.ttl)
	m.taken = append(m.taken, f)
	l := Lease{Service: f.service, Owner: owner, UID: uint32(n % 2), TTL: f.ttl, Release: func() { f.releases++ }}
	id, err := m.table.Take(l)
	if err == nil {
		m.live[id] = f
	}
	m.expect((err == nil) == (owner == 0 || m.open[owner]), "Take for owner %d: %v", owner, err)
}

// choose returns the id of a lease that is held, or sometimes one that is not.
func (m *model) choose(n uint64) string {
	ids := slices.SortedFunc(maps.Keys(m.live), func(a, b string) int {
		return slices.Index(m.taken, m.live[a]) - slices.Index(m.taken, m.live[b])
	})
	if i := n % uint64(len(ids)+1); i < uint64(len(ids)) {
		return ids[i]
	}
	return "gone"
}

func (m *model) check() {
	held, services := make(map[uint64]int), make(map[string]int)
	live := make(map[*fact]bool)
	for _, f := range m.live {
		held[f.owner]++
		services[f.service]++
		live[f] = true
	}
	for _, f := range m.taken {
		m.expect((f.releases == 0) == live[f] && f.releases <= 1, "%+v is held: %v", *f, live[f])
	}
	got := m.table.Count()
	m.expect(got == len(m.live), "Count = %d, want %d", got, len(m.live))
	for connection := uint64(1); connection <= 3; connection++ {
		got, want := m.table.Held(connection), held[connection]
		m.expect(got == want, "Held(%d) = %d, want %d", connection, got, want)
	}
	for _, service := range []string{"a", "b", "c"} {
		got, want := m.table.CountOf(service), services[service]
		m.expect(got == want, "CountOf(%q) = %d, want %d", service, got, want)
	}
}
