package feedback

import (
	"context"
	"time"
)

// idle is how often Run looks round at least.
const idle = 10 * time.Second

// Run sweeps the detectors, each once an interval, until ctx ends; it returns nil. To be called once.
func (f *Feedback) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-f.wake:
		}
		timer.Reset(f.sweep(time.Now()))
	}
}

// sweep sweeps what is due and returns how long it is until there is more to do.
func (f *Feedback) sweep(now time.Time) time.Duration {
	f.allowances.tidy(now)
	next := idle
	for _, s := range f.all() {
		d := s.detector.Load()
		if d == nil {
			continue
		}
		if !now.Before(f.dueAt(s)) {
			for _, c := range d.Sweep(now) {
				f.tell(s.name, c)
			}
			s.due.Store(int64(nextSweep(now.Sub(f.started), d.Settings().Interval)))
		}
		next = min(next, f.dueAt(s).Sub(now))
	}
	return next
}

// nextSweep is the first multiple of the interval after a time. Services of one interval are so swept
// together, and Run wakes for all of them once.
func nextSweep(after, interval time.Duration) time.Duration {
	return after - after%interval + interval
}

func (f *Feedback) dueAt(s *service) time.Time { return f.started.Add(time.Duration(s.due.Load())) }

// schedule plans the first sweep with an interval.
func (f *Feedback) schedule(s *service, interval time.Duration) {
	s.due.Store(int64(nextSweep(time.Since(f.started), interval)))
	select {
	case f.wake <- struct{}{}:
	default: // Run has not taken the token before this one yet
	}
}
