package discovery

import (
	"fmt"
	"slices"
)

// MaxPriority is the largest priority; lower ones come first.
const MaxPriority = 255

// CheckPriority says what is wrong with a priority, if anything.
func CheckPriority(priority int) error {
	if priority < 0 || priority > MaxPriority {
		return fmt.Errorf("priority %d is not between 0 and %d", priority, MaxPriority)
	}
	return nil
}

// shape is what the Catalog does to all that a source says, whatever its provider.
type shape struct {
	filter   *Filter // nil: all endpoints are wanted
	priority int     // of endpoints that have none of their own
}

func (s shape) equal(other shape) bool {
	return s.priority == other.priority && s.filter.String() == other.filter.String()
}

// apply returns the snapshot in a list of its own, or as it is where there is nothing to do. An
// endpoint that the filter can't judge is left out as an entry that makes no sense.
func (s shape) apply(snapshot Snapshot) Snapshot {
	if s.filter == nil && s.priority == 0 {
		return snapshot
	}
	shaped := snapshot
	shaped.Endpoints = make([]Endpoint, 0, len(snapshot.Endpoints))
	shaped.Dropped = slices.Clip(snapshot.Dropped)
	for _, e := range snapshot.Endpoints {
		wanted, err := s.wants(e)
		if err != nil {
			shaped.Dropped = append(shaped.Dropped, fmt.Errorf("drop entry %q: %w", e.label(), err))
		}
		if !wanted {
			continue
		}
		if e.Priority == 0 {
			e.Priority = s.priority
		}
		shaped.Endpoints = append(shaped.Endpoints, e)
	}
	return shaped
}

func (s shape) wants(e Endpoint) (bool, error) {
	if s.filter == nil {
		return true, nil
	}
	return s.filter.Match(e)
}
