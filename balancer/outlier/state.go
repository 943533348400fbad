package outlier

import (
	"slices"
	"strings"
	"time"
)

// State is what of a detector outlives the process: who is ejected, and how often each was. Counts of
// the interval and runs of failures do not.
type State struct {
	Backends []BackendState `json:"backends"`
}

// BackendState is one backend of a State.
type BackendState struct {
	Address    string    `json:"address"`
	Multiplier int       `json:"multiplier"`
	Ejected    bool      `json:"ejected,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	Until      time.Time `json:"until,omitzero"`
	Cause      Cause     `json:"cause,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	Accuser    *uint32   `json:"accuser,omitempty"` // the only uid that spoke against it
}

// Export returns the state, by address.
func (d *Detector) Export() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	var s State
	for _, b := range d.backends {
		if b.multiplier > 0 {
			s.Backends = append(s.Backends, b.export())
		}
	}
	slices.SortFunc(s.Backends, func(a, b BackendState) int { return strings.Compare(a.Address, b.Address) })
	return s
}

func (b *backend) export() BackendState {
	s := BackendState{Address: b.address, Multiplier: b.multiplier}
	if !b.standing.Ejected {
		return s
	}
	s.Ejected, s.Since, s.Until = true, b.standing.Since, b.standing.Until
	s.Cause, s.Reason = b.standing.Cause, b.standing.Reason
	if b.alone {
		accuser := b.accuser
		s.Accuser = &accuser
	}
	return s
}

// Import takes over an exported state and returns the ejections that still hold. It is meant for a
// detector that has its members and has heard of nothing yet: what the state says of others than
// members, or of backends that outcomes have come of, is left out. Ejections are taken as far as the
// cap allows, and none is made longer than the settings do, whatever the clock did meanwhile.
func (d *Detector) Import(s State, now time.Time) (changes []Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, from := range s.Backends {
		if from.Multiplier < 1 || d.backends[from.Address] != nil || !d.isMember(from.Address) {
			continue
		}
		b := d.backend(from.Address)
		b.multiplier = min(from.Multiplier, d.settings.multipliers())
		d.resting = false
		if from.Ejected && now.Before(from.Until) && d.room() {
			b.resume(from, now.Add(ejectionTime(&d.settings, b.multiplier)))
			d.ejected++
			changes = append(changes, b.standing)
		}
	}
	return changes
}

func (b *backend) resume(from BackendState, latest time.Time) {
	b.standing = Change{
		Address: b.address,
		Ejected: true,
		Since:   from.Since,
		Until:   from.Until,
		Cause:   from.Cause,
		Reason:  from.Reason,
	}
	if from.Until.After(latest) {
		b.standing.Until = latest
	}
	if from.Accuser != nil {
		b.accuser, b.alone = *from.Accuser, true
	}
	b.unclean = true
}

// multipliers is the highest multiplier that there is.
func (s *Settings) multipliers() int {
	return int((s.MaxEjectionTime + s.BaseEjectionTime - 1) / s.BaseEjectionTime)
}
