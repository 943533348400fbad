package etcd

import (
	"slices"
	"strings"

	"github.com/remora-agent/remora/discovery"
)

// shelf is the records of one service, in the order of their ids, and what those say that were read. It
// is guarded by the lock of the mirror.
type shelf struct {
	records []record
	known
	current bool // what is known is what the records say
}

// known is what records that were read say. Its lists are frozen: subscriptions share them.
type known struct {
	endpoints []discovery.Endpoint // of those that have one, by id
	faults    []fault              // of those that make no sense, by id
	twins     bool                 // two endpoints have one address
}

// fault is what is wrong with the record of an id.
type fault struct {
	id  string
	err error
}

func (s *shelf) find(id string) (int, bool) {
	return slices.BinarySearchFunc(s.records, id, func(r record, id string) int {
		return strings.Compare(r.id(), id)
	})
}

func (s *shelf) put(id, value []byte) (changed bool) {
	i, found := s.find(string(id))
	switch {
	case !found:
		s.records = slices.Insert(s.records, i, newRecord(id, value))
	case s.records[i].says(value):
		return false
	default:
		s.records[i] = newRecord(id, value)
	}
	s.current = false
	return true
}

func (s *shelf) remove(id []byte) (changed bool) {
	i, found := s.find(string(id))
	if found {
		s.records = slices.Delete(s.records, i, i+1)
		s.current = false
	}
	return found
}

// same says whether two shelves hold the same, read or not.
func (s *shelf) same(other *shelf) bool {
	return slices.EqualFunc(s.records, other.records, func(a, b record) bool { return a.same(&b) })
}

// read brings what is known up to date with the records, and reads those only that it has not read
// before. The keys of the service begin with prefix, for messages.
func (s *shelf) read(prefix string) known {
	if s.current {
		return s.known
	}
	r := reader{prefix: prefix, before: s.known}
	r.endpoints = make([]discovery.Endpoint, 0, len(s.records))
	for i := range s.records {
		if !s.records[i].read() {
			r.take(&s.records[i], i)
			continue
		}
		r.keep(s.records[i].id())
	}
	r.pack(s.records)
	s.known, s.current = known{r.endpoints, r.faults, r.hasTwins()}, true
	return s.known
}
