package agent

import (
	"sync"
	"time"

	"github.com/remora-agent/remora/health/damping"
)

// damper finds backends that flap, and says so to the groups. Its methods may be called concurrently.
type damper struct {
	members func(service string) int // listed ones
	now     func() time.Time

	// damp is told what holds of a backend, which may be what it was told before. Calls do not overlap.
	damp func(service, address string, h damping.Hold, held bool)
	// began and over are told of each hold once.
	began, over func(service string, h damping.Hold)

	wake chan struct{}

	mu       sync.Mutex
	services map[string]*damped
	alarms   alarms

	delivering sync.Mutex // held while damp is called with what holds then
}

// damped is a service of the damper.
type damped struct {
	settings damping.Settings
	group    *damping.Group // nil: nobody has changed yet
	due      time.Time      // of its alarm; zero: it has none
}

func newDamper() *damper {
	return &damper{now: time.Now, wake: make(chan struct{}, 1), services: make(map[string]*damped)}
}

// setService makes a service known, or says that its settings or members have changed; settings without
// changes damp nobody. It must be called after each change of the list, and makes holds of those hold who
// were listed anew.
func (d *damper) setService(service string, settings damping.Settings) {
	members := d.members(service)
	d.mu.Lock()
	s := d.services[service]
	if s == nil {
		s = &damped{}
		d.services[service] = s
	}
	s.settings = settings
	var ended, stay []damping.Hold
	switch {
	case s.group == nil:
	case settings.Changes == 0:
		ended, s.group = s.group.Holds(), nil
	default:
		s.group.SetSettings(settings)
		ended, stay = s.group.Fit(members), s.group.Holds()
	}
	d.mu.Unlock()
	d.end(service, ended)
	for _, h := range stay {
		d.deliver(service, h.Address)
	}
}

// remove forgets a service.
func (d *damper) remove(service string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.services, service)
}

// turned says that backends have changed their state, be it that they left.
func (d *damper) turned(service string, addresses ...string) {
	d.change(service, addresses, func(*damping.Group, string) bool { return true })
}

// arrived says that backends have been listed: those that were known before have changed their state.
func (d *damper) arrived(service string, addresses []string) {
	d.change(service, addresses, (*damping.Group).Follows)
}

func (d *damper) change(service string, addresses []string, counts func(*damping.Group, string) bool) {
	if len(addresses) == 0 {
		return
	}
	members, now := d.members(service), d.now()
	var begun []damping.Hold
	sooner := false // than Run would look
	d.mu.Lock()
	if s := d.services[service]; s != nil && s.settings.Changes > 0 {
		if s.group == nil {
			s.group = damping.New(s.settings)
		}
		asleep := s.group.Empty()
		for _, address := range addresses {
			if !counts(s.group, address) {
				continue
			}
			if h, held := s.group.Changed(address, members, now); held {
				begun = append(begun, h)
			}
		}
		if asleep || len(begun) > 0 {
			sooner = d.expect(service, s, now)
		}
	}
	d.mu.Unlock()
	d.begin(service, begun)
	if sooner {
		d.look()
	}
}

func (d *damper) begin(service string, holds []damping.Hold) {
	for _, h := range holds {
		d.deliver(service, h.Address)
		d.began(service, h)
	}
}

func (d *damper) end(service string, holds []damping.Hold) {
	for _, h := range holds {
		d.deliver(service, h.Address)
		d.over(service, h)
	}
}

// deliver tells what holds now, so that of two who deliver at once the last one is right.
func (d *damper) deliver(service, address string) {
	d.delivering.Lock()
	defer d.delivering.Unlock()
	h, held := d.of(service, address)
	d.damp(service, address, h, held)
}

// of gives the hold of a backend, if it is held down.
func (d *damper) of(service, address string) (damping.Hold, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.services[service]; s != nil && s.group != nil {
		return s.group.Of(address)
	}
	return damping.Hold{}, false
}

// stats counts the backends of a service that are held down now, and the holds so far.
func (d *damper) stats(service string) (held int, holds uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.services[service]; s != nil && s.group != nil {
		return len(s.group.Holds()), s.group.Total()
	}
	return 0, 0
}
