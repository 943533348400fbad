package fair

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// How the pace is kept.
const (
	sweepEvery = 50 * time.Millisecond // a user's consumption is looked at so often
	grantEvery = 2 * time.Millisecond  // and one who is paced gets something so often
	company    = 5 * time.Second       // who asked for something in this time is there
	calm       = time.Second           // without anybody waiting, before the pace is lifted
	tally      = 16                    // what a connection counts by itself before it tells
)

// Pace holds back users who consume much while others are there: each then gets so much a second, in the
// order of asking. A user who is alone may have all there is. So hostile clients spend their time waiting
// instead of competing, also for the processors that everybody's processes run on.
//
// What is consumed is counted in units of about one select. Counting costs a few nanoseconds; see
// Account. Its methods may be called concurrently.
type Pace struct {
	rate  float64       // units a second for one user
	epoch atomic.Uint32 // one for each sweep

	mu     sync.Mutex
	users  map[uint32]*consumer // who has connections, or had some since the last sweep
	over   bool                 // nobody is held back any more
	hurry  chan struct{}        // holds a token once somebody is paced
	pacing int                  // how many are
}

// consumer is one user.
type consumer struct {
	consumed atomic.Int64 // since the last sweep
	paced    atomic.Bool

	accounts int       // guarded by Pace.mu, as is what follows
	active   time.Time // consumed something then
	waited   time.Time // somebody waited then

	mu      sync.Mutex
	credit  float64 // while paced
	waiting []debt
}

// debt is what one connection waits to be granted.
type debt struct {
	units float64
	paid  chan struct{}
}

// NewPace returns a pace of so many units a second for one user. Run keeps it.
func NewPace(rate int) *Pace {
	return &Pace{rate: float64(rate), users: make(map[uint32]*consumer), hurry: make(chan struct{}, 1)}
}

// Account is what one connection of a user consumes. Only Pay's goroutine uses it, and Close at the end.
type Account struct {
	pace  *Pace
	user  *consumer
	uid   uint32
	epoch uint32
	units int
}

// Open returns an account of a user.
func (p *Pace) Open(uid uint32) *Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.users[uid]
	if u == nil {
		u = &consumer{}
		p.users[uid] = u
	}
	u.accounts++
	return &Account{pace: p, user: u, uid: uid, epoch: p.epoch.Load() - 1} // the first is told at once
}

// Pay counts units that were consumed. While the user is paced it waits until they are granted.
func (a *Account) Pay(units int) {
	a.units += units
	if epoch := a.pace.epoch.Load(); a.units >= tally || a.epoch != epoch {
		a.user.consumed.Add(int64(a.units))
		a.units, a.epoch = 0, epoch
	}
	if a.user.paced.Load() {
		a.user.wait(float64(units))
	}
}

// Close ends the account of a connection that owes so many units still. It does not wait for them, but while
// the user is paced the user's other connections do: hanging up saves nobody anything.
func (p *Pace) Close(a *Account, owed int) {
	u := a.user
	u.consumed.Add(int64(a.units + owed))
	u.charge(float64(owed))
	p.mu.Lock()
	defer p.mu.Unlock()
	u.accounts--
	p.forget(a.uid, u, u.consumed.Load() == 0)
}

// forget drops a user without connections, once no sweep has anything to learn of what the user consumed;
// the caller holds the lock.
func (p *Pace) forget(uid uint32, u *consumer, quiet bool) {
	if u.accounts == 0 && (p.over || quiet && !u.paced.Load()) {
		p.lift(u)
		delete(p.users, uid)
	}
}

// charge takes units from the credit of a user who is paced.
func (u *consumer) charge(units float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.paced.Load() {
		u.credit -= units
	}
}

// wait waits until the units are granted, if the user is paced still.
func (u *consumer) wait(units float64) {
	u.mu.Lock()
	if !u.paced.Load() || len(u.waiting) == 0 && u.credit >= units {
		u.credit -= units
		u.mu.Unlock()
		return
	}
	d := debt{units, make(chan struct{})}
	u.waiting = append(u.waiting, d)
	u.mu.Unlock()
	<-d.paid
}

// Run keeps the pace until ctx ends. Then nobody is held back any more.
func (p *Pace) Run(ctx context.Context) {
	sweeps := time.NewTicker(sweepEvery)
	defer sweeps.Stop()
	defer p.liftAll()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-sweeps.C:
			p.sweep(now, now.Sub(last))
			last = now
		case <-p.hurry:
			p.grantUntilCalm(ctx, sweeps, &last)
		}
	}
}

// grantUntilCalm keeps granting, and sweeping, as long as somebody is paced.
func (p *Pace) grantUntilCalm(ctx context.Context, sweeps *time.Ticker, last *time.Time) {
	grants := time.NewTicker(grantEvery)
	defer grants.Stop()
	granted := time.Now()
	for p.pacesAnybody() {
		select {
		case <-ctx.Done():
			return
		case now := <-sweeps.C:
			p.sweep(now, now.Sub(*last))
			*last = now
		case now := <-grants.C:
			p.grant(now, now.Sub(granted))
			granted = now
		}
	}
}

// sweep looks at what everybody consumed in the time since the one before.
func (p *Pace) sweep(now time.Time, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch.Add(1)
	limit := p.rate * took.Seconds()
	present, greedy := 0, []*consumer{}
	for _, u := range p.users {
		consumed := u.consumed.Swap(0)
		if consumed > 0 {
			u.active = now
		}
		if now.Sub(u.active) < company {
			present++
		}
		if float64(consumed) > limit {
			greedy = append(greedy, u)
		}
	}
	for _, u := range greedy {
		if present > 1 && !p.over {
			p.hold(u, now)
		}
	}
	for uid, u := range p.users {
		if u.paced.Load() && (present < 2 || now.Sub(u.waited) >= calm) {
			p.lift(u)
		}
		p.forget(uid, u, u.active.Before(now))
	}
}

// hold begins to pace a user; the caller holds the lock.
func (p *Pace) hold(u *consumer, now time.Time) {
	if u.paced.Load() {
		return
	}
	u.waited = now
	u.mu.Lock()
	u.credit = 0
	u.paced.Store(true)
	u.mu.Unlock()
	p.pacing++
	select {
	case p.hurry <- struct{}{}:
	default:
	}
}

// lift has a user no longer paced; the caller holds the lock.
func (p *Pace) lift(u *consumer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.paced.Swap(false) {
		return
	}
	p.pacing--
	for _, d := range u.waiting {
		close(d.paid)
	}
	u.waiting = nil
}

func (p *Pace) liftAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	for uid, u := range p.users {
		p.lift(u)
		p.forget(uid, u, true)
	}
}

func (p *Pace) pacesAnybody() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pacing > 0
}

// grant gives those who are paced what the time since the grant before is worth.
func (p *Pace) grant(now time.Time, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.users {
		if u.paced.Load() && u.grant(p.rate*took.Seconds(), p.rate*sweepEvery.Seconds()) {
			u.waited = now
		}
	}
}

// grant adds credit, no more than most in all, and says whether anybody waited for it.
func (u *consumer) grant(credit, most float64) (waited bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	waited = len(u.waiting) > 0
	u.credit = min(u.credit+credit, most)
	for len(u.waiting) > 0 && u.credit > 0 {
		u.credit -= u.waiting[0].units
		close(u.waiting[0].paid)
		u.waiting = u.waiting[1:]
	}
	return waited
}
