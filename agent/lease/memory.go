package lease

import (
	"fmt"
	"slices"
	"time"
)

// Memory is a lease that ends by time, to be kept over a restart.
type Memory struct {
	ID   string
	Left time.Duration // until it ends
	Lease
}

// portion is how many leases are looked at under the mutex in one go, so that Take hardly waits.
const portion = 1024

// Remember returns the leases that end by time, without their Release and in no order. Those that are
// taken or end meanwhile may be in it or not.
func (t *Table) Remember() []Memory {
	t.mu.Lock()
	entries := slices.Clone(t.expiries)
	t.mu.Unlock()
	memories := make([]Memory, 0, len(entries))
	for part := range slices.Chunk(entries, portion) {
		memories = t.remember(memories, part)
	}
	return memories
}

func (t *Table) remember(memories []Memory, part []*entry) []Memory {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for _, e := range part {
		if left := e.deadline.Sub(now); t.leases[e.id] == e && left > 0 {
			memories = append(memories, Memory{e.id, left, e.public()})
		}
	}
	return memories
}

// TakeAgain adds a lease from before a restart under the id that it had, with the time that it had left,
// but no more than its TTL. As with Take, Release has been called when it returns an error.
func (t *Table) TakeAgain(m Memory) error {
	err := t.addAgain(m)
	if err != nil {
		m.Release()
		return fmt.Errorf("take lease of service %q again: %w", m.Service, err)
	}
	return nil
}

func (t *Table) addAgain(m Memory) error {
	if m.ID == "" || m.Owner != 0 || m.TTL <= 0 {
		return fmt.Errorf("%w: it is none that ends by time", ErrEnded)
	}
	e := &entry{Lease: m.Lease, id: m.ID, deadline: time.Now().Add(min(max(0, m.Left), m.TTL))}
	return t.add(e)
}
