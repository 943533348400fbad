package lease

import (
	"container/heap"
	"context"
	"time"
)

// idle is how long Run waits when no lease ends by time; a new one wakes it.
const idle = time.Hour

// batch is how many leases expire at most in one go, so that many at once do not hold up Take.
const batch = 1024

// Renew gives a lease that ends by time its whole TTL again, from now, and returns it. One that
// ends with its connection is left as it is. False means that the lease is gone.
func (t *Table) Renew(id string) (Lease, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.leases[id]
	if !ok {
		return Lease{}, false
	}
	if e.Owner == 0 {
		now := time.Now()
		if !now.Before(e.deadline) {
			return Lease{}, false // Run is about to end it
		}
		e.deadline = now.Add(e.TTL)
		heap.Fix(&t.expiries, e.index)
	}
	return e.public(), true
}

// Run ends leases when their time is up. When ctx ends, it ends all that are left, makes every later
// Take fail with ErrEnded, and returns nil. To be called once.
func (t *Table) Run(ctx context.Context) error {
	defer t.shut()
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-t.wake:
		}
		timer.Reset(t.expire(time.Now()))
	}
}

// schedule enters a lease that ends by time. It wakes Run when no other lease ends sooner.
func (t *Table) schedule(e *entry) {
	heap.Push(&t.expiries, e)
	if e.index != 0 {
		return
	}
	select {
	case t.wake <- struct{}{}:
	default: // it has not taken the token before this one yet
	}
}

// expire ends up to a batch of leases whose time is up and returns how long it is until there is more
// to do, 0 or less meaning at once.
func (t *Table) expire(now time.Time) time.Duration {
	ended, next := t.takeExpired(now)
	release(ended)
	return next
}

func (t *Table) takeExpired(now time.Time) (ended []*entry, next time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.expiries) > 0 {
		first := t.expiries[0]
		if left := first.deadline.Sub(now); left > 0 || len(ended) == batch {
			return ended, left
		}
		t.drop(first)
		ended = append(ended, first)
	}
	return ended, idle
}

// shut ends everything.
func (t *Table) shut() {
	t.mu.Lock()
	var ended []*entry
	for _, e := range t.leases {
		ended = append(ended, e)
	}
	t.closed = true
	t.expiries = nil
	clear(t.leases)
	clear(t.owners)
	clear(t.services)
	clear(t.uids)
	t.mu.Unlock()
	release(ended)
}

// deadlines is a heap of leases with the earliest deadline first; see container/heap.
type deadlines []*entry

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline.Before(d[j].deadline) }

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].index, d[j].index = i, j
}

// Push appends an *entry.
func (d *deadlines) Push(x any) {
	e := x.(*entry)
	e.index = len(*d)
	*d = append(*d, e)
}

// Pop removes the last entry.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	e := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return e
}
