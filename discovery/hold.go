package discovery

import (
	"slices"
	"time"
)

// withdrawalWindow is how long withdrawals count as one.
const withdrawalWindow = 10 * time.Second

// fewestHeld is how many held members a service may have however small it is. A larger one may have as
// many as it listed before its last change, so that a catalog that makes up new members all the time
// costs bounded memory.
const fewestHeld = 1000

// Held is a member of a service that its sources do not list any more, kept for a while because so many
// were withdrawn at once that it may be a mistake.
type Held struct {
	Endpoint Endpoint // as it was listed last
	Since    time.Time
	Until    time.Time // then it goes, unless it was listed again or sent away before
}

// withdrawn is a member that left the list lately, or that is held.
type withdrawn struct {
	endpoint Endpoint
	since    time.Time
	held     bool
}

// withdrawals decides which members of one service are held. The rule: when those that were withdrawn in
// the last ten seconds are three or more with those still listed, and at least as many as those, or when
// nothing is listed any more, they are held. That is all, or at least half, of what was listed at some
// moment of that time, however the changes were spread over it, and however many of them came together.
//
// It is a state machine without clock or lock; the zero value is ready.
type withdrawals struct {
	recent []withdrawn // in the order in which they left; each address once
}

// step takes one change of the list and says how many members are held because of it. Listed is how many
// there are now, own are addresses whose withdrawal is meant, down is how long members are held, 0 for not
// at all.
func (w *withdrawals) step(change Diff, listed int, own map[string]bool, down time.Duration, now time.Time) (held int) {
	w.forget(change.Added)
	w.drop(func(m *withdrawn) bool { return down == 0 || m.over(down, now) })
	if down == 0 {
		return 0
	}
	for _, e := range change.Removed {
		if !own[e.Address] {
			w.recent = append(w.recent, withdrawn{endpoint: e, since: now})
		}
	}
	most := max(fewestHeld, listed-len(change.Added)+len(change.Removed))
	w.recent = slices.Delete(w.recent, 0, max(0, len(w.recent)-most))
	if !w.suspicious(listed, now) {
		return 0
	}
	for i := range w.recent {
		held += count(!w.recent[i].held)
		w.recent[i].held = true
	}
	return held
}

// forget takes out those that are listed again.
func (w *withdrawals) forget(again []Endpoint) {
	if len(again) == 0 || len(w.recent) == 0 {
		return
	}
	addresses := addressesOf(again)
	w.drop(func(m *withdrawn) bool { return addresses[m.endpoint.Address] })
}

// suspicious says whether the last withdrawals took too much away, so many being listed still.
func (w *withdrawals) suspicious(listed int, now time.Time) bool {
	lately := 0
	for i := range w.recent {
		if w.recent[i].lately(now) {
			lately++
		}
	}
	return lately > 0 && (listed == 0 || lately >= listed && lately+listed >= 3)
}

func (m *withdrawn) lately(now time.Time) bool { return now.Sub(m.since) <= withdrawalWindow }

// over says whether a member can be forgotten.
func (m *withdrawn) over(down time.Duration, now time.Time) bool {
	if m.held {
		return now.Sub(m.since) >= down
	}
	return !m.lately(now)
}

// list returns those that are held.
func (w *withdrawals) list(down time.Duration) []Held {
	var held []Held
	for _, m := range w.recent {
		if m.held {
			held = append(held, Held{Endpoint: m.endpoint, Since: m.since, Until: m.since.Add(down)})
		}
	}
	return held
}

func (w *withdrawals) drop(which func(*withdrawn) bool) {
	w.recent = slices.DeleteFunc(w.recent, func(m withdrawn) bool { return which(&m) })
}

func addressesOf(lists ...[]Endpoint) map[string]bool {
	addresses := make(map[string]bool)
	for _, list := range lists {
		for i := range list {
			addresses[list[i].Address] = true
		}
	}
	return addresses
}

func sameHeld(a, b []Held) bool {
	return slices.EqualFunc(a, b, func(x, y Held) bool {
		return x.Since.Equal(y.Since) && x.Until.Equal(y.Until) && x.Endpoint.equal(&y.Endpoint)
	})
}
