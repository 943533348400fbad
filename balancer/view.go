package balancer

import (
	"slices"
	"strings"
)

// member is one backend as one view sees it.
type member struct {
	backend  *Backend
	attrs    *attributes
	id       string
	weight   uint16
	verdicts Verdicts
}

func (m *member) eligible() bool { return m.weight > 0 && m.verdicts.Healthy() }

// view is everything that a selection reads of a group. It never changes once it is published, but
// for the load tree of its picker, which follows the counters.
type view struct {
	index    uint64
	strategy Strategy
	stale    bool
	healthy  int
	members  []member
	sorted   []uint32 // places of members, by address
	picker   picker   // nil when no member is eligible
}

// newView completes a view from its members. Its index is given at publication. For load-aware
// strategies it also places the backends in the new tree, so the group's lock must be held.
func newView(strategy Strategy, members []member, sorted []uint32, stale bool) *view {
	v := &view{strategy: strategy, stale: stale, members: members, sorted: sorted}
	eligible := make([]uint32, 0, len(members))
	for i := range members {
		if members[i].verdicts.Healthy() {
			v.healthy++
		}
		if members[i].eligible() {
			eligible = append(eligible, uint32(i))
		}
	}
	v.picker = newPicker(strategy, members, eligible)
	return v
}

// with returns the view that has the same members but for the one at place i.
func (v *view) with(i int, change func(*member)) *view {
	members := slices.Clone(v.members)
	change(&members[i])
	return newView(v.strategy, members, v.sorted, v.stale)
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

// byAddress returns the places of the members in the order of their addresses.
func byAddress(members []member) []uint32 {
	sorted := make([]uint32, len(members))
	for i := range sorted {
		sorted[i] = uint32(i)
	}
	slices.SortFunc(sorted, func(a, b uint32) int {
		return strings.Compare(members[a].backend.address, members[b].backend.address)
	})
	return sorted
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
