package agent

import (
	"context"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/lease"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

var _ api.Embedded = leases{}

// Feedback takes over what a balancer inside an application did, and tells it the load of the host.
func (l leases) Feedback(_ context.Context, caller api.Caller, f wire.Feedback) (wire.FeedbackAnswer, error) {
	answer := wire.FeedbackAnswer{Services: []wire.ServiceLoad{}}
	for _, s := range f.Services {
		for i := range s.Backends {
			if err := l.setActive(caller, s.Service, &s.Backends[i]); err != nil {
				return answer, err
			}
		}
	}
	for _, s := range f.Services {
		for i := range s.Backends {
			l.countAll(caller.UID, s.Service, &s.Backends[i])
		}
		if load, ok := l.loadOf(s.Service); ok {
			answer.Services = append(answer.Services, load)
		}
	}
	return answer, nil
}

// setActive brings the active connections of a backend up to date with what the caller has in use. A
// group that was replaced has other backends at the same addresses: the use moves to them.
func (l leases) setActive(caller api.Caller, service string, b *wire.BackendFeedback) error {
	backend, err := l.selector.groups.lb.Backend(service, b.Address)
	key := useKey{service, b.Address}
	u := l.uses.find(caller.Conn, key)
	switch {
	case err != nil || b.Active == 0:
		if u != nil {
			l.table.End(u.id)
		}
		return nil
	case u == nil:
		if u, err = l.begin(caller, key, backend); err != nil {
			return problem(service, err)
		}
	}
	u.set(backend, b.Active)
	return nil
}

// begin makes a use and the lease that ends it. The lease may end in the moment it is taken, together
// with the connection, so the use has to be findable before.
func (l leases) begin(caller api.Caller, key useKey, backend *balancer.Backend) (u *use, err error) {
	u = &use{backend: backend}
	l.uses.put(caller.Conn, key, u)
	u.id, err = l.table.Take(lease.Lease{
		Service: key.service,
		Address: key.address,
		UID:     caller.UID,
		Owner:   caller.Conn,
		Release: func() {
			u.end()
			l.uses.drop(caller.Conn, key)
		},
	})
	return u, err
}

// countAll counts the outcomes one by one, in their order. Which of them took how long is not known
// any more; the latencies are handed out from the shortest to the longest.
func (l leases) countAll(uid uint32, service string, b *wire.BackendFeedback) {
	latencies := spreadLatencies(b)
	for _, run := range b.Outcomes {
		success := run > 0
		for range max(run, -run) {
			outcome := wire.Outcome{Success: &success}
			if len(latencies) > 0 {
				outcome.LatencyMS, latencies = &latencies[0], latencies[1:]
			}
			l.count(uid, service, b.Address, outcome)
		}
	}
}

// spreadLatencies makes single latencies of a histogram and its sum: each lies in the middle of its
// bucket, and all are then stretched so that they add up to what was measured.
func spreadLatencies(b *wire.BackendFeedback) []float64 {
	var latencies []float64
	sum, lower := 0.0, 0.0
	for bucket, n := range b.Latencies {
		upper := 2 * lower // of the last, which has no bound
		if bucket < len(wire.LatencyBoundsMS) {
			upper = wire.LatencyBoundsMS[bucket]
		}
		for range n {
			latencies = append(latencies, (lower+upper)/2)
		}
		sum += float64(n) * (lower + upper) / 2
		lower = upper
	}
	for i := range latencies {
		latencies[i] *= b.LatencyMS / sum
	}
	return latencies
}

// loadOf is false for a service that is not there or whose strategy does not look at load.
func (l leases) loadOf(service string) (wire.ServiceLoad, bool) {
	lb := l.selector.groups.lb
	summary, err := lb.Summary(service)
	if err != nil || !summary.Strategy.ComparesLoad() {
		return wire.ServiceLoad{}, false
	}
	load := wire.ServiceLoad{Service: service, Active: make(map[string]int)}
	known := lb.EachActive(service, func(address string, active int) { load.Active[address] = active })
	return load, known
}

// wireSettings translates how a group chooses, for balancers inside applications.
func wireSettings(s balancer.Settings) wire.Settings {
	return wire.Settings{
		PanicThreshold: s.PanicThreshold,
		Locality:       wire.Locality{Prefer: s.Locality.Prefer, Zone: s.Locality.Zone, Bias: s.Locality.Bias},
		SlowStart: wire.SlowStart{
			WindowMS:   milliseconds(s.SlowStart.Window),
			Aggression: s.SlowStart.Aggression,
			MinPercent: s.SlowStart.MinPercent,
		},
		Subset: wire.Subset{Size: s.Subset.Size, Seed: s.Subset.Seed},
		Hash:   wire.Hash{MinRing: s.Hash.MinRing, MaxRing: s.Hash.MaxRing, RandomFallback: s.Hash.RandomFallback},
		PeakEWMA: wire.PeakEWMA{
			DecayMS:          milliseconds(s.EWMA.Decay),
			FailurePenaltyMS: milliseconds(s.EWMA.FailurePenalty),
		},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
