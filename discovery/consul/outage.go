package consul

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// outage is what those who wait after a failure have in common. They wait as long as their backoffs
// say, or until Consul has answered anybody: then all of them ask again, spread over as many milliseconds
// as there are askers, up to a second. The lookout sees to it that somebody asks.
//
// Where it is not Consul that fails but one question, this would be a hot loop: each asker is woken
// early three times, and then once in a Pause.
type outage struct {
	waiting atomic.Int64 // askers that have failed and wait
	mu      sync.Mutex
	answers chan struct{} // closed when somebody is answered
}

func newOutage() *outage { return &outage{answers: make(chan struct{})} }

// early is how often one asker may be woken before its time.
func early(pause time.Duration) bucket { return bucket{burst: 3, interval: pause} }

// answered wakes those who wait. It costs next to nothing where nobody does.
func (o *outage) answered() {
	if o.waiting.Load() == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.answers)
	o.answers = make(chan struct{})
}

// wait returns after delay, or earlier when somebody is answered, when the files are renewed, or at the
// end of ctx. Askers is how many there are, waiting or not.
func (o *outage) wait(ctx context.Context, delay time.Duration, askers int, early *bucket, renewed <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, delay)
	defer cancel()
	answers := o.enter()
	defer o.waiting.Add(-1)
	select {
	case <-renewed:
		return
	case <-ctx.Done():
		return
	case <-answers:
	}
	spread := time.Duration(rand.Float64() * float64(min(time.Second, time.Duration(askers)*time.Millisecond)))
	timer := time.NewTimer(spread + early.take(time.Now()))
	defer timer.Stop()
	select {
	case <-renewed:
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (o *outage) enter() (answers <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting.Add(1)
	return o.answers
}
