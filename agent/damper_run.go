package agent

import (
	"container/heap"
	"context"
	"time"

	"github.com/remora-agent/remora/health/damping"
)

// expect notes when the service is to be looked at next, and tells whether Run must know; mu is held.
func (d *damper) expect(service string, s *damped, now time.Time) (sooner bool) {
	at, ok := s.group.Next(now)
	if !ok || !s.due.IsZero() && !at.Before(s.due) {
		return false
	}
	s.due = at
	heap.Push(&d.alarms, alarm{at, service})
	return d.alarms[0].at.Equal(at)
}

// look has Run look when there is something to do.
func (d *damper) look() {
	select {
	case d.wake <- struct{}{}:
	default: // it is about to
	}
}

// Run ends holds when they are over, until ctx ends.
func (d *damper) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-d.wake:
		}
		if next, ok := d.expire(); ok {
			timer.Reset(max(0, next.Sub(d.now())))
		}
	}
}

// expire ends what is over and says when there is more to do, if ever. It costs in proportion to the
// services that are due, however many others flap.
func (d *damper) expire() (next time.Time, ok bool) {
	now := d.now()
	for _, service := range d.dueBy(now) {
		members := d.members(service)
		var ended, renewed []damping.Hold
		d.mu.Lock()
		if s := d.services[service]; s != nil && s.group != nil {
			ended, renewed = s.group.Expire(members, now)
			d.expect(service, s, now)
		}
		d.mu.Unlock()
		d.end(service, ended)
		d.begin(service, renewed)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.alarms) == 0 {
		return time.Time{}, false
	}
	return d.alarms[0].at, true
}

// dueBy takes the services that are due out of the alarms.
func (d *damper) dueBy(now time.Time) (names []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.alarms) > 0 && !d.alarms[0].at.After(now) {
		a := heap.Pop(&d.alarms).(alarm)
		if s := d.services[a.service]; s != nil && s.due.Equal(a.at) { // else an earlier one took its place
			s.due = time.Time{}
			names = append(names, a.service)
		}
	}
	return names
}

// alarm is when a service is to be looked at.
type alarm struct {
	at      time.Time
	service string
}

// alarms is a heap with the earliest first; see container/heap.
type alarms []alarm

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a alarms) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }

// Push appends an alarm.
func (a *alarms) Push(x any) { *a = append(*a, x.(alarm)) }

// Pop removes the last one.
func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	*a = (*a)[:last]
	return x
}
