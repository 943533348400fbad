package discovery

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// provider is one provider of the plan while it runs.
type provider struct {
	name     string
	provider Provider
	attacher Attacher // nil unless it is one
	local    Local    // nil unless it is one
	log      hclog.Logger
	lines    lineLimit
	dropped  onceSet
	lost     onceSet // services that another source won

	plan    ProviderPlan // replaced by Configure; guarded by the Catalog's lock
	listing *listing     // nil unless import = "all"; guarded by the Catalog's lock

	running lifeline
	watches sync.WaitGroup // what must have ended before the Runner's context does

	mu       sync.Mutex // innermost: held for a few instructions
	sums     sums
	broken   bool // the Runner gave up
	answered time.Time
	err      error
	counted  error // the failure that was counted last; nil after an answer
	updates  uint64
	errors   uint64
	rejected uint64
	rechecks uint64 // because of doubts
	doubts   allowance
}

func newProvider(plan ProviderPlan, log hclog.Logger) *provider {
	attacher, _ := plan.Provider.(Attacher)
	local, _ := plan.Provider.(Local)
	return &provider{
		name:     plan.Name,
		provider: plan.Provider,
		attacher: attacher,
		local:    local,
		log:      log.With("provider", plan.Name),
		plan:     plan,
	}
}

// permits says whether the provider's globs allow the service.
func (p *provider) permits(service string) bool { return matchAny(p.plan.Services, service) }

// lastAnswer is when the catalog last completed an answer, if the provider can tell; else it is now. It
// is called under no lock.
func (p *provider) lastAnswer(now time.Time) time.Time {
	if r, ok := p.provider.(Reachable); ok {
		at, _ := r.LastAnswer()
		return Snapshot{At: at}.asOf(now)
	}
	return now
}

// pause spaces out attempts of a watch or a list.
func (p *provider) pause(ctx context.Context, attempt int, err error) error {
	if patient, ok := p.provider.(Patient); ok {
		return patient.Pause(ctx, attempt, err)
	}
	return Sleep(ctx, DefaultBackoff.Delay(attempt, rand.Float64()))
}

func (p *provider) idleTimeout() time.Duration {
	return cmp.Or(p.plan.IdleTimeout, DefaultIdleTimeout)
}

// start runs what the provider's watches share, unless stop came first.
func (p *provider) start(c *Catalog, runner Runner) {
	p.running.start(func() func() {
		return c.spawn(func(ctx context.Context) { p.serve(ctx, runner) })
	})
}

// serve runs what the provider's watches share, until ctx ends and the last of them has returned.
func (p *provider) serve(ctx context.Context, runner Runner) {
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var run sync.WaitGroup
	run.Go(func() {
		err := guard(shared, runner.Run)
		if shared.Err() == nil {
			p.breakDown(err)
		}
	})
	<-ctx.Done()
	p.watches.Wait()
	cancel()
	run.Wait()
}

func (p *provider) breakDown(err error) {
	p.mu.Lock()
	p.broken, p.err = true, err
	p.errors++
	p.mu.Unlock()
	p.logPanic(err)
	p.log.Error("provider broke down; its services keep what was last known", "error", err)
}

func (p *provider) adjust(before, after sums) {
	if before == after {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sums.services += after.services - before.services
	p.sums.unready += after.unready - before.unready
	p.sums.stale += after.stale - before.stale
}

func (p *provider) noteAnswer(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance(at)
	p.counted = nil
}

// noteMemory notes when the catalog last completed an answer, which ends no failure.
func (p *provider) noteMemory(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance(at)
}

func (p *provider) advance(at time.Time) {
	if at.After(p.answered) {
		p.answered = at
	}
}

// noteError counts a failure. What many sources are told as one error is one failure of the catalog;
// that the same source hears of it again makes it another.
func (p *provider) noteError(err error, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
	if again || !sameError(p.counted, err) {
		p.counted = err
		p.errors++
	}
}

// sameError says whether two errors are one and the same value, not whether they read alike.
func sameError(a, b error) bool {
	return a != nil && b != nil && reflect.ValueOf(a).Comparable() && a == b
}

func (p *provider) noteSnapshot(update bool, rejected int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.updates += uint64(count(update))
	p.rejected += uint64(rejected)
}

// logTransition reports that a watch began to fail or recovered, within the provider's budget.
func (p *provider) logTransition(level hclog.Level, message string, pairs ...any) {
	if ok, suppressed := p.lines.pass(time.Now()); ok {
		if suppressed > 0 {
			pairs = append(pairs, "lines-held-back", suppressed)
		}
		p.log.Log(level, message, pairs...)
	}
}

// logPanic writes the stack of a panic, which its error leaves out.
func (p *provider) logPanic(err error) {
	if crash, ok := errors.AsType[*panicError](err); ok {
		p.log.Error("provider panicked", "error", err, "stack", string(crash.stack))
	}
}

// logDropped reports entries that made no sense, each once.
func (p *provider) logDropped(service string, faults []string) {
	for _, fault := range faults {
		if p.dropped.first(service + "\x00" + fault) {
			p.log.Warn("dropped an entry", "service", service, "error", fault)
		}
	}
}

// logLost reports that the provider has or permits a service that another one won.
func (p *provider) logLost(service, winner string) {
	p.log.Info("not used for a service that another provider wins", "service", service, "winner", winner)
}
