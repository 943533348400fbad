package consul

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// outage is what those who wait after a failure have in common. They wait as long as their backoffs
// say, with two exceptions. While most of all askers wait, one of them knocks: it asks again soon. And
// once Consul has answered anybody, all of them ask again, spread over as many milliseconds as there are
// askers, up to a second. So a recovery is seen about as soon as it happens, at the price of one query
// per agent and second meanwhile.
//
// Where it is not Consul that fails but one question, the exceptions would be a hot loop: each asker
// may be woken early three times, and then once in a Pause.
type outage struct {
	every time.Duration // between knocks; half of it at least

	waiting  atomic.Int64 // askers that have failed and wait
	mu       sync.Mutex
	knocking bool
	answers  chan struct{} // closed when somebody is answered
}

func newOutage(every time.Duration) *outage {
	return &outage{every: every, answers: make(chan struct{})}
}

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

// wait returns after delay or when there is a reason to ask earlier: the turn to knock, an answer to
// somebody, renewed files, or the end of ctx. Askers is how many there are, waiting or not.
func (o *outage) wait(ctx context.Context, delay time.Duration, askers int, err error, early *bucket, renewed <-chan struct{}) {
	answers, delay, leave := o.enter(delay, askers, err)
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, delay)
	defer cancel()
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

// enter adds one that waits. Where most do and nobody knocks, it is the one: its delay is cut short.
func (o *outage) enter(delay time.Duration, askers int, err error) (answers <-chan struct{}, _ time.Duration, leave func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	waiting, knocks := o.waiting.Add(1), false
	if !o.knocking && int(waiting)*2 > askers && passes(err) {
		knocks, o.knocking = true, true
		delay = min(delay, o.every/2+time.Duration(rand.Float64()*float64(o.every/2)))
	}
	return o.answers, delay, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.waiting.Add(-1)
		o.knocking = o.knocking && !knocks
	}
}

// passes says whether a failure is one that goes away by itself and costs little to ask about. What a
// token may not see, what Consul refuses to answer, and bodies beyond the limit are none.
func passes(err error) bool {
	if status, ok := errors.AsType[statusError](err); ok {
		return status.code >= http.StatusInternalServerError || status.code == http.StatusTooManyRequests
	}
	return !errors.Is(err, errBodyTooLarge) && !errors.Is(err, errFiltered) && !errors.Is(err, errAnonymous)
}
