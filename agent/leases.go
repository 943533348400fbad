package agent

import (
	"context"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/feedback"
	"github.com/remora-agent/remora/agent/lease"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// leases tracks backends in use, and takes outcomes.
type leases struct {
	selector *selector
	table    *lease.Table
	feedback *feedback.Feedback
	uses     *uses // by balancers inside applications
	data     *data
	doubts   *doubts
}

var (
	_ api.Leases      = leases{}
	_ api.Connections = leases{}
	_ api.Reporter    = leases{}
)

// Take selects a backend and counts a use of it until the lease ends.
func (l leases) Take(ctx context.Context, caller api.Caller, pick wire.Pick, ttl time.Duration) (wire.Lease, error) {
	var taken wire.Lease
	err := l.selector.try(ctx, pick, func() error {
		selection, release, err := l.selector.groups.lb.SelectAndAcquire(pick.Service, balancer.Pick{Key: pick.Key, Exclude: pick.Exclude})
		if err != nil {
			return err
		}
		taken.Selection = wireSelection(pick.Service, selection)
		taken.LeaseID, err = l.take(caller, taken.Selection, ttl, release)
		return err
	})
	if ttl > 0 {
		taken.TTL = ttl.String()
	}
	return taken, err
}

// take adds a lease of the caller. One that ends by time is kept on disk, from when it is taken until it
// ends in whatever way.
func (l leases) take(caller api.Caller, s wire.Selection, ttl time.Duration, release func()) (id string, err error) {
	taken := lease.Lease{Service: s.Service, Address: s.Address, UID: caller.UID, TTL: ttl, Release: release}
	if ttl == 0 {
		taken.Owner = caller.Conn
		return l.table.Take(taken)
	}
	defer l.data.changed() // once it is in the table
	taken.Release = func() {
		release()
		l.data.changed()
	}
	return l.table.Take(taken)
}

// Renew starts the time of a ttl lease anew.
func (l leases) Renew(id string) error {
	if _, ok := l.table.Renew(id); !ok {
		return wire.NewProblem(wire.CodeUnknownLease, "lease %q has ended", id)
	}
	l.data.touched()
	return nil
}

// End ends a lease and counts its outcome, if there is one.
func (l leases) End(_ api.Caller, id string, outcome wire.Outcome) error {
	if ended, ok := l.table.End(id); ok {
		l.count(ended.UID, ended.Service, ended.Address, outcome)
	}
	return nil
}

// Opened makes a connection known, so that leases can be bound to it.
func (l leases) Opened(conn uint64) { l.table.Open(conn) }

// Closed ends the leases that are bound to a connection.
func (l leases) Closed(conn uint64) { l.table.EndOwner(conn) }

// Held counts the leases that are bound to a connection.
func (l leases) Held(conn uint64) int { return l.table.Held(conn) }

// Report counts all of the outcomes, or none if one names what there is not.
func (l leases) Report(caller api.Caller, reports []wire.Report) error {
	lb := l.selector.groups.lb
	for _, r := range reports {
		if err := lb.Has(r.Service, r.Address); err != nil {
			return problem(r.Service, err)
		}
	}
	for _, r := range reports {
		l.count(caller.UID, r.Service, r.Address, r.Outcome)
	}
	return nil
}

// maxLatencyMS is the longest latency that is told apart from longer ones: an hour.
const maxLatencyMS = 3_600_000

// count takes over an outcome that a user reports. The backend may have left while it was in use; then
// nobody needs the outcome. One who reports more than a user may is not heard.
func (l leases) count(uid uint32, service, address string, o wire.Outcome) {
	latency := time.Duration(0)
	if o.LatencyMS != nil {
		latency = time.Duration(min(*o.LatencyMS, maxLatencyMS) * float64(time.Millisecond))
	}
	admitted := l.feedback.Record(feedback.Outcome{
		Service: service,
		Address: address,
		UID:     uid,
		Success: o.Success,
		Latency: latency,
	})
	if admitted && o.Success != nil {
		l.data.touched()
		_ = l.selector.groups.lb.ReportOutcome(service, address, *o.Success, latency)
		l.doubts.outcome(service, address, *o.Success, time.Now())
	}
}
