package damping

import (
	"slices"
	"strings"
	"time"
)

// maxFollowed is of how many backends of a group changes are counted at a time; those beyond are not
// damped, which bounds what a catalog that falls apart can cost.
const maxFollowed = 4096

// Group is the members of one group that have changed state lately.
type Group struct {
	settings Settings
	backends map[string]*backend
	held     int    // of them
	holds    uint64 // so far
}

// backend is what is known of one. While it is held, changes are those since the hold began.
type backend struct {
	changes []time.Time
	holds   int       // in a row
	since   time.Time // the present hold, or the last one
	until   time.Time
	cause   int // changes that the hold is for
	held    bool
}

// Hold is why and for how long a backend is held down.
type Hold struct {
	Address string
	Since   time.Time
	Until   time.Time
	Changes int // that it is for
	Holds   int // in a row, this one included
}

// New returns a group of which nothing is known.
func New(s Settings) *Group {
	return &Group{settings: s, backends: make(map[string]*backend)}
}

// SetSettings is for what happens from now on; holds that are in force stay.
func (g *Group) SetSettings(s Settings) { g.settings = s }

// Changed notes that a backend has changed its state, in a group of so many members. It returns the hold
// that follows from it, if one does.
func (g *Group) Changed(address string, members int, now time.Time) (Hold, bool) {
	b := g.backends[address]
	if b == nil {
		if len(g.backends) >= maxFollowed {
			return Hold{}, false
		}
		b = &backend{}
		g.backends[address] = b
	}
	b.changes = append(g.recent(b, now), now)
	if b.held || len(b.changes) <= g.settings.Changes || g.held >= room(members) {
		return Hold{}, false
	}
	if now.Sub(b.until) > g.settings.MaxHold {
		b.holds = 0
	}
	g.held++
	return g.hold(address, b, now), true
}

// recent is the changes that still count. While a backend is held all of them do, as far as they can
// matter.
func (g *Group) recent(b *backend, now time.Time) []time.Time {
	if b.held {
		return b.changes[max(0, len(b.changes)-g.enough(b)):]
	}
	old, _ := slices.BinarySearchFunc(b.changes, now.Add(1-g.settings.Window), time.Time.Compare)
	if keep := g.settings.Changes + 1; len(b.changes)-old > keep {
		old = len(b.changes) - keep
	}
	return b.changes[old:]
}

// enough is how many changes in the present hold make it go on, whatever more there are.
func (g *Group) enough(b *backend) int {
	return max(2, int(float64(g.settings.Changes)*b.until.Sub(b.since).Seconds()/g.settings.Window.Seconds())+1)
}

// hold begins a hold.
func (g *Group) hold(address string, b *backend, now time.Time) Hold {
	b.held, b.cause = true, len(b.changes)
	b.since, b.until = now, now.Add(g.settings.hold(b.holds))
	b.holds++
	b.changes = nil
	g.holds++
	return b.hold(address)
}

func (b *backend) hold(address string) Hold {
	return Hold{Address: address, Since: b.since, Until: b.until, Changes: b.cause, Holds: b.holds}
}

// Expire ends what is over in a group of so many members: holds of those that have come to rest are
// returned in ended, by address, and of those that flap on the next ones in renewed. It also forgets who
// has been quiet for long enough.
func (g *Group) Expire(members int, now time.Time) (ended, renewed []Hold) {
	for address, b := range g.backends {
		switch {
		case b.held && now.Before(b.until):
		case b.held && !g.settings.endured(len(b.changes), b.until.Sub(b.since)) && g.held <= room(members):
			renewed = append(renewed, g.hold(address, b, now))
		case b.held:
			ended = append(ended, g.end(address, b))
		case len(g.recent(b, now)) == 0 && (b.holds == 0 || now.Sub(b.until) > g.settings.MaxHold):
			delete(g.backends, address)
		}
	}
	return sorted(ended), sorted(renewed)
}

func (g *Group) end(address string, b *backend) Hold {
	over := b.hold(address)
	b.held, b.changes = false, nil
	g.held--
	return over
}

// Fit ends the holds that are too many in a group of so many members, those first that are over first, and
// returns them.
func (g *Group) Fit(members int) (ended []Hold) {
	if g.held <= room(members) {
		return nil
	}
	holds := g.Holds()
	slices.SortStableFunc(holds, func(a, b Hold) int { return a.Until.Compare(b.Until) })
	for _, h := range holds[:g.held-room(members)] {
		ended = append(ended, g.end(h.Address, g.backends[h.Address]))
	}
	return ended
}

// Next is when Expire is to be called, if ever: at the end of the first hold, or when something may be
// forgotten.
func (g *Group) Next(now time.Time) (at time.Time, ok bool) {
	if len(g.backends) == 0 {
		return time.Time{}, false
	}
	at = now.Add(max(g.settings.Window, g.settings.MaxHold))
	for _, b := range g.backends {
		if b.held && b.until.Before(at) {
			at = b.until
		}
	}
	return at, true
}

// Of returns the hold of a backend, if it is held down.
func (g *Group) Of(address string) (Hold, bool) {
	b := g.backends[address]
	if b == nil || !b.held {
		return Hold{}, false
	}
	return b.hold(address), true
}

// Empty is true while nobody has changed state lately, so that there is nothing to expire.
func (g *Group) Empty() bool { return len(g.backends) == 0 }

// Follows tells whether the backend has changed its state lately.
func (g *Group) Follows(address string) bool { return g.backends[address] != nil }

// Holds returns the holds in force, by address.
func (g *Group) Holds() []Hold {
	var holds []Hold
	for address, b := range g.backends {
		if b.held {
			holds = append(holds, b.hold(address))
		}
	}
	return sorted(holds)
}

// Total is how many holds there have been.
func (g *Group) Total() uint64 { return g.holds }

func sorted(holds []Hold) []Hold {
	slices.SortFunc(holds, func(a, b Hold) int { return strings.Compare(a.Address, b.Address) })
	return holds
}
