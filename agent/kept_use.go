package agent

import "sync"

// keptUse is the use of a backend under a lease from before a restart. It may end before its backend is
// known again.
type keptUse struct {
	mu      sync.Mutex
	ended   bool
	release func() // nil: not counted yet
}

// begin takes over what ends the counting of the use.
func (u *keptUse) begin(release func()) {
	u.mu.Lock()
	ended := u.ended
	if !ended {
		u.release = release
	}
	u.mu.Unlock()
	if ended {
		release()
	}
}

func (u *keptUse) end() {
	u.mu.Lock()
	release := u.release
	u.ended, u.release = true, nil
	u.mu.Unlock()
	if release != nil {
		release()
	}
}
