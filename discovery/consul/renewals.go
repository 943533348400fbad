package consul

import "sync"

// renewals tells those who wait that the files have changed, so that nobody waits for the end of a
// backoff with a new token at hand.
type renewals struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next one
}

func newRenewals() *renewals { return &renewals{next: make(chan struct{})} }

// wait returns a channel that is closed at the next renewal.
func (r *renewals) wait() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

func (r *renewals) announce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.next)
	r.next = make(chan struct{})
}
