package balancer

import (
	"slices"
	"strings"
)

// merge returns the members for a new list of endpoints, in its order, and their order by address: those
// of the old view at the same address with the new attributes, and fresh ones. Of endpoints with the same
// address the first counts. The group's lock is held, or nobody knows the group yet.
func (g *group) merge(old *view, endpoints []Endpoint, drains *drains) (members []member, sorted []uint32, diff Diff) {
	m := merger{
		old:     old,
		members: make([]member, 0, len(endpoints)),
		place:   make([]uint32, len(old.members)),
		fresh:   make([]Endpoint, 0, len(endpoints)-min(len(endpoints), len(old.members))),
	}
	for i := range endpoints {
		m.take(&endpoints[i])
	}
	g.create(m.fresh, drains, &m.share, func(i int, fresh member) {
		m.members[m.freshAt[i]] = fresh
		m.diff.Added = append(m.diff.Added, fresh.backend.address)
	})
	for at, place := range m.place {
		if place == 0 {
			old.members[at].backend.leaf = -1
			m.diff.Removed = append(m.diff.Removed, old.members[at].backend.address)
		}
	}
	return m.members, m.sorted(), m.diff
}

// merger is a merge on its way.
type merger struct {
	old     *view
	members []member // those that are fresh are filled in at last
	next    int      // the place in the old view behind the member that was found last
	place   []uint32 // by place in the old view: that in members, counted from 1; 0: not listed
	moved   bool     // a member that stays has another place than before
	fresh   []Endpoint
	freshAt []uint32 // their places in members
	seen    map[string]struct{}
	share   sharer
	diff    Diff
}

// take adds the next endpoint of the list.
func (m *merger) take(e *Endpoint) {
	at := m.find(e.Address)
	if at < 0 {
		if !m.hasFresh(e.Address) {
			m.freshAt = append(m.freshAt, uint32(len(m.members)))
			m.fresh = append(m.fresh, *e)
			m.members = append(m.members, member{})
		}
		return
	}
	if m.place[at] > 0 {
		return // it came before
	}
	m.moved = m.moved || at != len(m.members)
	m.next = at + 1
	m.members = append(m.members, m.old.members[at])
	m.place[at] = uint32(len(m.members))
	stays := &m.members[len(m.members)-1]
	up := stays.verdicts.Up()
	if stays.describe(e, &m.share) {
		m.diff.Changed = append(m.diff.Changed, e.Address)
	}
	if stays.verdicts.Up() != up {
		m.diff.Turned = append(m.diff.Turned, e.Address)
	}
}

// find finds a member of the old view. Lists mostly come in the order of the last one, from which few are
// missing.
func (m *merger) find(address string) int {
	for _, at := range [...]int{m.next, m.next + 1} {
		if at < len(m.old.members) && m.old.members[at].backend.address == address {
			return at
		}
	}
	return m.old.find(address)
}

// few is how many fresh endpoints are compared one by one.
const few = 8

// hasFresh says whether a fresh endpoint came before with that address.
func (m *merger) hasFresh(address string) bool {
	if len(m.fresh) < few {
		return slices.ContainsFunc(m.fresh, func(e Endpoint) bool { return e.Address == address })
	}
	if m.seen == nil {
		m.seen = make(map[string]struct{}, cap(m.fresh))
	}
	for _, e := range m.fresh[len(m.seen):] { // all fresh addresses differ
		m.seen[e.Address] = struct{}{}
	}
	_, has := m.seen[address]
	return has
}

// sorted returns the places of the members in the order of their addresses. Those that stay keep theirs
// among themselves, whatever their places are, so that only the fresh ones have to be sorted.
func (m *merger) sorted() []uint32 {
	if !m.moved && len(m.fresh) == 0 && len(m.members) == len(m.old.members) {
		return m.old.sorted
	}
	slices.SortFunc(m.freshAt, m.compare)
	sorted := make([]uint32, 0, len(m.members))
	rest := m.freshAt
	for _, at := range m.old.sorted {
		if m.place[at] == 0 {
			continue
		}
		place := m.place[at] - 1
		for len(rest) > 0 && m.compare(rest[0], place) < 0 {
			sorted = append(sorted, rest[0])
			rest = rest[1:]
		}
		sorted = append(sorted, place)
	}
	return append(sorted, rest...)
}

// compare compares the addresses at two places.
func (m *merger) compare(a, b uint32) int {
	return strings.Compare(m.members[a].backend.address, m.members[b].backend.address)
}
