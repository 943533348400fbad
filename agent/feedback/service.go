package feedback

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/remora-agent/remora/balancer/outlier"
)

// service is what is kept of one service.
type service struct {
	name     string
	detector atomic.Pointer[outlier.Detector] // nil: outcomes are only counted
	due      atomic.Int64                     // the next sweep, in nanoseconds since the feedback was made

	ok, failed, limited atomic.Uint64
	timed               atomic.Uint64 // outcomes with a latency
	latency             atomic.Int64  // the sum of theirs
}

// Stats is what was reported of one service since it was last set anew.
type Stats struct {
	Service   string
	Successes uint64
	Failures  uint64
	Limited   uint64 // dropped, because their uid reported too many

	Timed   uint64        // admitted outcomes that came with a latency
	Latency time.Duration // the sum of those latencies

	Outliers *outlier.Stats // nil without outlier detection
}

// Stats returns the counts of all services, by name. It must not be called for each request.
func (f *Feedback) Stats() []Stats {
	services := f.all()
	stats := make([]Stats, len(services))
	for i, s := range services {
		stats[i] = s.stats()
	}
	slices.SortFunc(stats, func(a, b Stats) int { return cmp.Compare(a.Service, b.Service) })
	return stats
}

func (s *service) stats() Stats {
	stats := Stats{
		Service:   s.name,
		Successes: s.ok.Load(),
		Failures:  s.failed.Load(),
		Limited:   s.limited.Load(),
		Timed:     s.timed.Load(),
		Latency:   time.Duration(s.latency.Load()),
	}
	if d := s.detector.Load(); d != nil {
		outliers := d.Stats()
		stats.Outliers = &outliers
	}
	return stats
}

// count counts an admitted outcome.
func (s *service) count(o Outcome) {
	if o.Latency > 0 {
		s.timed.Add(1)
		s.latency.Add(int64(o.Latency))
	}
	switch {
	case o.Success == nil:
	case *o.Success:
		s.ok.Add(1)
	default:
		s.failed.Add(1)
	}
}
