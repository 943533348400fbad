package feedback

import (
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/balancer/outlier"
)

// Ejector is told what outlier detection says of a backend.
type Ejector interface {
	// SetPassive makes the passive verdict of the backend at c.Address failed if c.Ejected, ok if it
	// has returned from an ejection, and unknown if there was none, or detection is off: then c has no
	// Cause. What it says replaces all that was said before; it may say the same again, and name a
	// backend or service that has just left. It may be called by several goroutines at once, also for
	// one backend; it must not block for long, nor call back into the Feedback.
	SetPassive(service string, c outlier.Change)
}

// Outcome is how one use of a backend went.
type Outcome struct {
	Service string
	Address string
	UID     uint32        // of who reports it
	Success *bool         // nil: not told
	Latency time.Duration // 0: not told
}

// Options are what a Feedback is made of.
type Options struct {
	Ejector Ejector
	Logger  hclog.Logger
	Limits  Limits // the zero value: DefaultLimits
}

// Feedback takes the outcomes of all services. All methods are safe to call concurrently; see
// SetService for the one exception.
type Feedback struct {
	ejector    Ejector
	log        hclog.Logger
	allowances *allowances
	started    time.Time
	wake       chan struct{} // holds a token when the earliest sweep may have become earlier

	mu       sync.RWMutex
	services map[string]*service
}

// New returns a Feedback without services. Nothing is swept while Run is not running.
func New(o Options) *Feedback {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	now := time.Now()
	return &Feedback{
		ejector:    o.Ejector,
		log:        o.Logger,
		allowances: newAllowances(o.Limits, now),
		started:    now,
		wake:       make(chan struct{}, 1),
		services:   make(map[string]*service),
	}
}

// Record takes an outcome and tells whether it was admitted: not if the service is unknown, or if its
// uid has used up its allowance. An ejection that follows from it has been delivered on return.
func (f *Feedback) Record(o Outcome) (admitted bool) {
	s := f.service(o.Service)
	if s == nil {
		return false
	}
	now := time.Now()
	if !f.allowances.spend(o.UID, now) {
		s.limited.Add(1)
		return false
	}
	s.count(o)
	if d := s.detector.Load(); d != nil && o.Success != nil {
		if c, changed := d.Record(o.Address, o.UID, *o.Success, now); changed {
			f.tell(s.name, c)
		}
	}
	return true
}

// OnActive takes note that an active check of a backend came to a verdict: with ok, what the checks say
// of it by now is that it is healthy. Where the settings want it, that ends an ejection.
func (f *Feedback) OnActive(service, address string, ok bool) {
	d := f.detector(service)
	if d == nil || !ok {
		return
	}
	if c, changed := d.ActiveOK(address); changed {
		f.tell(service, c)
	}
}

// Standing returns what outlier detection says of a backend, for showing and explaining.
func (f *Feedback) Standing(service, address string) outlier.Change {
	if d := f.detector(service); d != nil {
		return d.Standing(address)
	}
	return outlier.Change{Address: address}
}

func (f *Feedback) service(name string) *service {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.services[name]
}

func (f *Feedback) detector(service string) *outlier.Detector {
	if s := f.service(service); s != nil {
		return s.detector.Load()
	}
	return nil
}

func (f *Feedback) all() []*service {
	f.mu.RLock()
	defer f.mu.RUnlock()
	services := make([]*service, 0, len(f.services))
	for _, s := range f.services {
		services = append(services, s)
	}
	return services
}

// tell logs a change and delivers it.
func (f *Feedback) tell(service string, c outlier.Change) {
	if c.Ejected {
		f.log.Warn("backend ejected", "service", service, "address", c.Address, "reason", c.Reason, "duration", c.Until.Sub(c.Since))
	} else {
		f.log.Info("ejected backend returns", "service", service, "address", c.Address, "reason", c.Reason)
	}
	f.deliver(service, c.Address)
}

// deliver brings the ejector up to date about a backend.
func (f *Feedback) deliver(service, address string) {
	for {
		c := f.Standing(service, address)
		f.ejector.SetPassive(service, c)
		if f.Standing(service, address) == c {
			return
		}
	}
}
