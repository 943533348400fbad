package feedback

import (
	"time"

	"github.com/remora-agent/remora/balancer/outlier"
)

// SetService makes a service known, or changes it: the addresses of its backends, and how outliers are
// found among them; nil settings switch detection off, and whoever is ejected returns. Backends that
// stay keep their state, those that leave lose it, as in the balancer: so it is to be called after
// each change of the service's list there, in the same order, and Remove when the service goes or is
// registered anew. Calls that name the same service must not overlap. Settings must be valid.
func (f *Feedback) SetService(name string, addresses []string, settings *outlier.Settings) {
	s := f.enter(name)
	d := s.detector.Load()
	switch {
	case settings == nil:
		s.detector.Store(nil)
		f.acquit(name, d)
		return
	case d == nil:
		d = outlier.New(*settings)
	default:
		d.SetSettings(*settings)
	}
	d.SetMembers(addresses)
	if s.detector.Swap(d) != d || time.Until(f.dueAt(s)) > settings.Interval {
		f.schedule(s, settings.Interval)
	}
}

// Remove forgets a service.
func (f *Feedback) Remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.services, name)
}

func (f *Feedback) enter(name string) *service {
	if s := f.service(name); s != nil {
		return s
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.services[name]
	if !ok {
		s = &service{name: name}
		f.services[name] = s
	}
	return s
}

// acquit delivers what holds of those whom a detector, now out of force, has ejected.
func (f *Feedback) acquit(service string, d *outlier.Detector) {
	if d == nil {
		return
	}
	for _, b := range d.Export().Backends {
		if b.Ejected {
			f.deliver(service, b.Address)
		}
	}
}

// Export returns the state of every service that has one, by name, to be kept over a restart.
func (f *Feedback) Export() map[string]outlier.State {
	states := make(map[string]outlier.State)
	for _, s := range f.all() {
		if d := s.detector.Load(); d != nil {
			if state := d.Export(); len(state.Backends) > 0 {
				states[s.name] = state
			}
		}
	}
	return states
}

// Import takes over the state of a service from before a restart, and delivers the ejections that still
// hold. It is to be called after SetService, before outcomes come in.
func (f *Feedback) Import(service string, state outlier.State) {
	if d := f.detector(service); d != nil {
		for _, c := range d.Import(state, time.Now()) {
			f.deliver(service, c.Address)
		}
	}
}
