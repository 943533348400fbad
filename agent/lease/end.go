package lease

import "container/heap"

// End ends a lease and returns it, without its Release; false means that it was gone already.
func (t *Table) End(id string) (Lease, bool) {
	t.mu.Lock()
	e, ok := t.leases[id]
	if ok {
		t.drop(e)
	}
	t.mu.Unlock()
	if !ok {
		return Lease{}, false
	}
	e.Release()
	return e.public(), true
}

// EndOwner ends all leases of a connection and returns how many there were. A Take for it that comes
// later, in a race with the connection's end, gets ErrEnded.
func (t *Table) EndOwner(connection uint64) int {
	t.mu.Lock()
	var ended []*entry
	if o, ok := t.owners[connection]; ok {
		ended = o.leases
		delete(t.owners, connection)
		for _, e := range ended {
			t.forget(e)
		}
	}
	t.mu.Unlock()
	release(ended)
	return len(ended)
}

// drop takes a lease out of the table and out of where index says.
func (t *Table) drop(e *entry) {
	t.forget(e)
	if e.Owner == 0 {
		heap.Remove(&t.expiries, e.index)
		return
	}
	o := t.owners[e.Owner]
	last := o.leases[len(o.leases)-1]
	o.leases[e.index], last.index = last, e.index
	o.leases[len(o.leases)-1] = nil
	o.leases = o.leases[:len(o.leases)-1]
}

// forget takes a lease out of everything but its owner's leases or the expiries.
func (t *Table) forget(e *entry) {
	delete(t.leases, e.id)
	decrement(t.services, e.Service)
	decrement(t.uids, e.UID)
}

func decrement[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// release must be called without the mutex.
func release(ended []*entry) {
	for _, e := range ended {
		e.Release()
	}
}

func (e *entry) public() Lease {
	l := e.Lease
	l.Release = nil
	return l
}
