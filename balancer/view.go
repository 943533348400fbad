package balancer

import (
	"slices"
	"strings"
	"time"
)

// member is one backend as one view sees it.
type member struct {
	backend  *Backend
	attrs    *attributes
	id       string
	verdicts Verdicts
	weight   uint16
	pool     uint16 // the pool it is in, counted from 1; 0: not eligible
	priority uint8
	ramp     uint8 // percent of the weight, below fullRamp in slow start
	held     bool  // not listed any more: only picked when no listed member can be
	damped   bool  // flapping, as somebody found who watches for that
	out      bool  // and so it is not picked: others can be
}

// share is what the backend should get in proportion to others.
func (m *member) share() uint32 { return uint32(m.weight) * uint32(m.ramp) }

// usable says whether the member may be picked when all is well.
func (m *member) usable() bool { return m.fit() && !m.out }

// fit says whether nothing but flapping speaks against the member.
func (m *member) fit() bool { return m.weight > 0 && m.verdicts.Healthy() }

// unless drained or weightless, a member may be picked in a panic.
func (m *member) usableInPanic() bool { return m.weight > 0 && m.verdicts.Admin != AdminDrain }

// view is everything that a selection reads of a group. It never changes once it is published, but
// for the load trees of its pickers, which follow the counters, and for hash tables, which are built
// when somebody first needs them.
type view struct {
	index    uint64
	settings *Settings
	input    input // of the strategy
	stale    bool
	gone     bool // the service was unregistered: nothing is left
	ramping  bool // a member is in slow start: the view has to be built anew as time goes by
	healthy  int  // of those that are listed
	held     int  // members that are not
	members  []member
	sorted   []uint32 // places of members, by address
	tiers    []tier   // those of held members behind all others
	pools    []pool   // those with a share; none: nothing can be picked
}

// complete works out from a view's members and settings who may be picked and how. The view's index is
// given at publication. The group's lock must be held: backends are placed in trees.
func (g *group) complete(v *view, now time.Duration) *view {
	v.input = v.settings.Strategy.find().input
	v.healthy, v.held, v.ramping = 0, 0, false
	damped := false
	for i := range v.members {
		m := &v.members[i]
		switch {
		case m.held:
			v.held++
		case m.verdicts.Healthy():
			v.healthy++
		}
		m.out = m.damped
		damped = damped || m.damped
		m.pool = 0
		m.ramp = g.rampOf(m, v.settings, now)
		v.ramping = v.ramping || m.ramp < fullRamp
	}
	if damped {
		v.letIn()
	}
	v.tiers = tiersOf(v.members, false)
	spread(v.tiers, v.settings.PanicThreshold)
	v.pools = nil
	for _, t := range v.tiers {
		g.fill(v, t)
	}
	if v.held > 0 {
		g.fallBack(v)
	}
	v.accumulate()
	g.equip(v)
	return v
}

// tiersOf counts the members by priority, the most wanted first: those that are held, or all others.
func tiersOf(members []member, held bool) []tier {
	tiers := make([]tier, 0, 1)
	for i := range members {
		m := &members[i]
		if m.weight == 0 || m.held != held {
			continue
		}
		at, ok := slices.BinarySearchFunc(tiers, m.priority, func(t tier, p uint8) int { return int(t.priority) - int(p) })
		if !ok {
			tiers = slices.Insert(tiers, at, tier{priority: m.priority, held: held})
		}
		tiers[at].members++
		if m.usable() {
			tiers[at].healthy++
		}
	}
	return tiers
}

// with returns the view that has the same members but for the one at place i.
func (v *view) with(i int, change func(*member)) *view {
	next := v.copy()
	next.members = slices.Clone(v.members)
	change(&next.members[i])
	return next
}

// copy returns a view with the same members and settings, to be changed and completed.
func (v *view) copy() *view {
	return &view{settings: v.settings, stale: v.stale, members: v.members, sorted: v.sorted}
}

// find returns the place of the member at that address, -1 when there is none.
func (v *view) find(address string) int {
	at, ok := search(v.sorted, v.members, address)
	if !ok {
		return -1
	}
	return int(v.sorted[at])
}

func search(sorted []uint32, members []member, address string) (at int, ok bool) {
	return slices.BinarySearchFunc(sorted, address, func(i uint32, address string) int {
		return strings.Compare(members[i].backend.address, address)
	})
}

// insertPlace returns the order by address after a member was appended.
func insertPlace(sorted []uint32, members []member) []uint32 {
	last := len(members) - 1
	at, _ := search(sorted, members, members[last].backend.address)
	return slices.Insert(slices.Clone(sorted), at, uint32(last))
}

// removePlace returns the order by address after the member at that place was taken out.
func removePlace(sorted []uint32, place uint32) []uint32 {
	rest := make([]uint32, 0, len(sorted)-1)
	for _, i := range sorted {
		switch {
		case i < place:
			rest = append(rest, i)
		case i > place:
			rest = append(rest, i-1)
		}
	}
	return rest
}
