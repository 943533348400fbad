package health

import (
	"time"
	"unique"
)

// key is what makes a probe: targets with the same one share it.
type key struct {
	address string
	check   unique.Handle[Check]
}

// probe is the scheduled probing of one address by one check. It waits in the schedule, or it is in
// flight. It stays known while it has members or is in flight, so that there is never a second one.
type probe struct {
	key
	members []*member

	due   time.Duration
	place int // in its heap, while it waits
	class class

	inFlight bool
	recorded bool          // in flight, but its outcome is known: who joins now has missed it
	again    bool          // somebody has
	began    time.Duration // the last time
	number   uint64        // of the last start; 0 before the first
	first    bool          // the last start was the first
}

// member is one service's share in a probe: a target.
type member struct {
	service    string
	probe      *probe
	place      int // in probe.members
	rise, fall int
	streak     streak
	marked     uint64 // probes with at most this number began before the last Override
	delivering int    // results on their way to the sink
	last       *Last
}

// join makes m a member of the probe of k, unless it is one already, and has it run soon; m shares in
// the outcome of one that is in flight, unless that is known already. c.mu is held, as for leave.
func (c *Checker) join(m *member, k key, now time.Duration) {
	if m.probe != nil && m.probe.key == k {
		return
	}
	if m.probe != nil {
		c.leave(m)
	}
	p := c.probes[k]
	switch {
	case p == nil:
		p = &probe{key: k}
		c.probes[k] = p
		c.schedule.add(p, now)
	case !p.inFlight:
		c.schedule.move(p, joined(p.due, p.began, now, k.check.Value().Interval))
	case p.recorded:
		p.again = true
	}
	m.probe, m.place = p, len(p.members)
	p.members = append(p.members, m)
}

// leave ends m's membership; the last one to leave takes a probe that is not in flight with it.
func (c *Checker) leave(m *member) {
	p := m.probe
	last := len(p.members) - 1
	p.members[m.place] = p.members[last]
	p.members[m.place].place = m.place
	p.members[last] = nil
	p.members = p.members[:last]
	if last == 0 && !p.inFlight {
		c.schedule.remove(p)
		delete(c.probes, p.key)
	}
}

// result moves m's streak on by m.last and says what it amounts to.
func (m *member) result(address string) Result {
	before := m.streak.verdict
	m.streak = m.streak.next(m.last.OK, m.rise, m.fall)
	return Result{
		Service: m.service,
		Address: address,
		OK:      m.last.OK,
		Verdict: m.streak.verdict,
		Before:  before,
		Failed:  m.streak.failed,
		Last:    m.last,
	}
}
