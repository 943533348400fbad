package agent

import (
	"sync"

	"github.com/remora-agent/remora/balancer"
)

// uses is what balancers inside applications have in use, by the connection that they told of it. To
// the rest of the agent one of them is a lease of that connection, which stands for as many uses as the
// application says: so it is counted, limited, ends with the connection and keeps it open.
type uses struct {
	mu    sync.Mutex
	conns map[uint64]map[useKey]*use // none is empty
}

type useKey struct{ service, address string }

// use is what one connection says of one backend.
type use struct {
	id string // of its lease; for the requests of the connection only, which come one by one

	mu      sync.Mutex
	backend *balancer.Backend
	active  int
	ended   bool
}

func newUses() *uses { return &uses{conns: make(map[uint64]map[useKey]*use)} }

// set moves the use to the backend, which has so many active connections by it from then on.
func (u *use) set(backend *balancer.Backend, active int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return
	}
	if backend != u.backend {
		u.backend.Adjust(-u.active)
		u.backend, u.active = backend, 0
	}
	backend.Adjust(active - u.active)
	u.active = active
}

func (u *use) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
	u.backend.Adjust(-u.active)
}

func (u *uses) find(conn uint64, key useKey) *use {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.conns[conn][key]
}

func (u *uses) put(conn uint64, key useKey, one *use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.conns[conn] == nil {
		u.conns[conn] = make(map[useKey]*use)
	}
	u.conns[conn][key] = one
}

func (u *uses) drop(conn uint64, key useKey) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.conns[conn], key)
	if len(u.conns[conn]) == 0 {
		delete(u.conns, conn)
	}
}
