package client

import (
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// Use is a backend in use: one more active connection, for this process at once and for the others of the
// host within 100 ms, until End. Its methods are safe for concurrent use.
type Use struct {
	Selection

	balancer *Balancer
	tally    *tally
	release  func()
	told     atomic.Bool
	ended    atomic.Bool
}

// Acquire selects a backend and counts its use until End. Errors are those of Select. Should this process
// die, the agent takes its uses off at once.
func (b *Balancer) Acquire(service string, pick balancer.Pick) (*Use, error) {
	selection, release, err := b.lb.SelectAndAcquire(service, pick)
	if err != nil {
		return nil, err
	}
	tally := b.ledger.begin(tallyKey{service, selection.Address()})
	return &Use{Selection: selection, balancer: b, tally: tally, release: release}, nil
}

// End ends the use and tells how it went, as in u.End(client.Succeeded(elapsed)); an empty outcome tells
// nothing. Only the first call does anything.
func (u *Use) End(outcome wire.Outcome) {
	if u.ended.Swap(true) {
		return
	}
	if outcome.Success != nil {
		u.went(*outcome.Success, latencyOf(outcome))
	}
	u.release()
	u.balancer.ledger.end(u.tally)
}

// went tells how the use went while it may still last. Only the first call does anything.
func (u *Use) went(success bool, latency time.Duration) {
	if !u.told.Swap(true) {
		u.balancer.count(u.tally, success, latency)
	}
}

func latencyOf(o wire.Outcome) time.Duration {
	if o.LatencyMS == nil {
		return 0
	}
	return duration(*o.LatencyMS)
}

// Report tells how a use of a backend went that was not counted, as after Select. Outcomes without Success
// say nothing.
func (b *Balancer) Report(service, address string, outcome wire.Outcome) {
	if outcome.Success != nil {
		b.count(b.ledger.enter(tallyKey{service, address}, 0), *outcome.Success, latencyOf(outcome))
	}
}

// count takes an outcome to the balancer of this process, and to the agent.
func (b *Balancer) count(t *tally, success bool, latency time.Duration) {
	_ = b.lb.ReportOutcome(t.key.service, t.key.address, success, latency) // the backend may have left
	b.ledger.outcome(t, success, latency)
}
