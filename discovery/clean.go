package discovery

import "fmt"

// Clean builds a Snapshot from entries as a catalog holds them: it puts addresses into canonical form
// and leaves out each entry that makes no sense, with an error that says which and why. Those are an
// address that ParseAddress refuses, a weight outside 0 to MaxWeight, a priority outside 0 to
// MaxPriority, an id that an earlier entry has and an address that an earlier entry has. The rest
// stays, in order. Clean takes raw over: the caller must not use it afterwards.
func Clean(raw []Endpoint) Snapshot {
	snapshot := Snapshot{Endpoints: raw[:0]}
	seen := make(map[string]string, len(raw)) // address: who has it
	ids := make(map[string]bool, len(raw))
	for _, e := range raw {
		if err := admit(&e, seen, ids); err != nil {
			snapshot.Dropped = append(snapshot.Dropped, fmt.Errorf("drop entry %q: %w", e.label(), err))
			continue
		}
		seen[e.Address] = e.label()
		if e.ID != "" {
			ids[e.ID] = true
		}
		snapshot.Endpoints = append(snapshot.Endpoints, e)
	}
	clear(raw[len(snapshot.Endpoints):]) // let go of what the dropped entries hold
	return snapshot
}

func admit(e *Endpoint, seen map[string]string, ids map[string]bool) error {
	address, err := ParseAddress(e.Address)
	if err != nil {
		return err
	}
	e.Address = address
	if err := CheckWeight(e.Weight); err != nil {
		return err
	}
	if err := CheckPriority(e.Priority); err != nil {
		return err
	}
	if e.ID != "" && ids[e.ID] {
		return fmt.Errorf("the id is used twice")
	}
	if first, taken := seen[address]; taken {
		return fmt.Errorf("the address %s is already that of %q", address, first)
	}
	return nil
}

// CheckWeight says what is wrong with a weight, if anything.
func CheckWeight(weight int) error {
	if weight < 0 || weight > MaxWeight {
		return fmt.Errorf("weight %d is not between 0 and %d", weight, MaxWeight)
	}
	return nil
}
