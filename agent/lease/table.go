package lease

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrOverLimit is what Take's error wraps when a limit is reached; the error names which.
var ErrOverLimit = errors.New("too many leases")

// ErrEnded is what Take's error wraps when the lease could only end at once, because its connection
// is gone or the agent is shutting down.
var ErrEnded = errors.New("lease ended at once")

// Lease is one tracked use of a backend.
type Lease struct {
	Service string
	Address string        // of the backend
	UID     uint32        // who took it
	Owner   uint64        // the connection that it ends with; 0 for a lease that ends by time
	TTL     time.Duration // of a lease with Owner 0
	Release func()        // not nil; called once, when the lease ends, without locks held
}

// Limits bound what applications can make the agent remember. A lease takes about 200 bytes,
// and what its Release holds on to.
type Limits struct {
	Total         int // of all leases
	PerUID        int // of those that one user took
	PerConnection int // of those that end with one connection
}

// DefaultLimits lets a user keep as many connections as a host has ephemeral ports to one backend,
// and a single connection a quarter of that.
var DefaultLimits = Limits{Total: 262_144, PerUID: 65_536, PerConnection: 16_384}

// Table holds the leases of an agent. All methods are safe to call concurrently.
type Table struct {
	limits Limits
	wake   chan struct{} // holds a token when the earliest deadline may have become earlier

	mu       sync.Mutex
	ids      ids
	leases   map[string]*entry
	owners   map[uint64]*owner // the open connections
	services map[string]int    // leases of each, never 0
	uids     map[uint32]int    // likewise
	expiries deadlines         // of those that end by time
	closed   bool
}

// entry is a lease in the table.
type entry struct {
	Lease
	id       string
	deadline time.Time // of a lease that ends by time
	index    int       // in expiries, or in its owner's leases
}

// owner is an open connection.
type owner struct {
	leases []*entry // those it holds, in no order
}

// New returns an empty table. Leases that end by time do so only while Run is running.
func New(limits Limits) *Table {
	return &Table{
		limits:   limits,
		wake:     make(chan struct{}, 1),
		ids:      newIDs(),
		leases:   make(map[string]*entry),
		owners:   make(map[uint64]*owner),
		services: make(map[string]int),
		uids:     make(map[uint32]int),
	}
}

// Open makes a connection known, which may own leases from then on until EndOwner. The number must
// not be 0 and must not be used again after EndOwner.
func (t *Table) Open(connection uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.owners[connection]; !ok && !t.closed {
		t.owners[connection] = &owner{}
	}
}

// Take adds a lease and returns its id, a short text of letters and digits with 128 bits of randomness.
// It takes charge of the lease whatever it returns: with an error, which wraps ErrOverLimit or
// ErrEnded, Release has been called.
func (t *Table) Take(l Lease) (id string, err error) {
	e := &entry{Lease: l}
	if l.Owner == 0 { // reading the clock would take longer than most of the rest
		e.deadline = time.Now().Add(l.TTL)
	}
	if err := t.add(e); err != nil {
		l.Release()
		return "", fmt.Errorf("take lease of service %q: %w", l.Service, err)
	}
	return e.id, nil
}

func (t *Table) add(e *entry) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.admit(e); err != nil {
		return err
	}
	if e.id == "" { // else it had one before a restart
		e.id = t.ids.next()
	}
	t.leases[e.id] = e
	t.services[e.Service]++
	t.uids[e.UID]++
	if e.Owner == 0 {
		t.schedule(e)
		return nil
	}
	o := t.owners[e.Owner]
	e.index = len(o.leases)
	o.leases = append(o.leases, e)
	return nil
}

// admit says why a lease can't be added.
func (t *Table) admit(e *entry) error {
	if t.closed {
		return fmt.Errorf("%w: the agent is shutting down", ErrEnded)
	}
	if _, twice := t.leases[e.id]; twice {
		return fmt.Errorf("%w: its id is taken", ErrEnded)
	}
	if len(t.leases) >= t.limits.Total {
		return fmt.Errorf("%w: the agent's limit is %d", ErrOverLimit, t.limits.Total)
	}
	if t.uids[e.UID] >= t.limits.PerUID {
		return fmt.Errorf("%w: the limit of uid %d is %d", ErrOverLimit, e.UID, t.limits.PerUID)
	}
	if e.Owner == 0 {
		return nil
	}
	o, ok := t.owners[e.Owner]
	if !ok {
		return fmt.Errorf("%w: its connection is gone", ErrEnded)
	}
	if len(o.leases) >= t.limits.PerConnection {
		return fmt.Errorf("%w: the limit of a connection is %d", ErrOverLimit, t.limits.PerConnection)
	}
	return nil
}

// Held is the number of leases that end with a connection.
func (t *Table) Held(connection uint64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o, ok := t.owners[connection]; ok {
		return len(o.leases)
	}
	return 0
}

// Count is the number of leases.
func (t *Table) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.leases)
}

// CountOf is the number of leases of a service: as long as there are any, it is in use.
func (t *Table) CountOf(service string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.services[service]
}
