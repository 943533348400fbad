package etcd

import (
	"fmt"
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

// reader makes a known out of the one before and of what was not read yet.
type reader struct {
	prefix    string
	before    known
	endpoints []discovery.Endpoint
	faults    []fault
	fresh     []fresh
	recent    recent
}

// fresh is a record that has just been read.
type fresh struct {
	record   int // its place
	endpoint int // that of its endpoint, -1 where it has none
}

// keep takes over what is known of an id; ids come in order.
func (r *reader) keep(id string) {
	for len(r.before.endpoints) > 0 && r.before.endpoints[0].ID < id {
		r.before.endpoints = r.before.endpoints[1:]
	}
	if e := r.before.endpoints; len(e) > 0 && e[0].ID == id {
		r.endpoints = append(r.endpoints, e[0])
		return
	}
	for len(r.before.faults) > 0 && r.before.faults[0].id < id {
		r.before.faults = r.before.faults[1:]
	}
	if f := r.before.faults; len(f) > 0 && f[0].id == id {
		r.faults = append(r.faults, f[0])
	}
}

// take reads a record. Neither an endpoint nor a fault means that it calls its endpoint absent.
func (r *reader) take(from *record, place int) {
	at := -1
	endpoint, present, err := readRecord(r.prefix, from.id(), from.value())
	switch {
	case err != nil:
		r.faults = append(r.faults, fault{strings.Clone(from.id()), err})
	case present:
		at = len(r.endpoints)
		r.recent.share(&endpoint)
		r.endpoints = append(r.endpoints, endpoint)
	}
	r.fresh = append(r.fresh, fresh{place, at})
}

func readRecord(prefix, id, value string) (endpoint discovery.Endpoint, present bool, err error) {
	if id == "" {
		return endpoint, false, fmt.Errorf("key %q: the id after the last slash is empty", prefix)
	}
	if endpoint, present, err = parseValue(id, value); err != nil {
		err = fmt.Errorf("key %q: %w", prefix+id, err)
	}
	return endpoint, present, err
}

// pack lets go of the values that were read. What is kept of them, ids and addresses, comes to lie in
// one string, which costs less than many small ones.
func (r *reader) pack(records []record) {
	size := 0
	for _, f := range r.fresh {
		size += int(records[f.record].cut)
		if f.endpoint >= 0 {
			size += len(r.endpoints[f.endpoint].Address)
		}
	}
	var text strings.Builder
	text.Grow(size)
	add := func(s string) string {
		from := text.Len()
		text.WriteString(s)
		return text.String()[from:] // the builder has room: it does not move
	}
	for _, f := range r.fresh {
		from := &records[f.record]
		id := add(from.id())
		if f.endpoint >= 0 {
			e := &r.endpoints[f.endpoint]
			e.ID, e.Address = id, add(e.Address)
		}
		*from = record{text: id, cut: from.cut, sum: from.hash()}
	}
}

// few is how many new endpoints are compared with all others one by one.
const few = 4

// hasTwins says whether two endpoints have one address. Where there were none, only new ones can be.
func (r *reader) hasTwins() bool {
	if r.before.twins || len(r.fresh) > few {
		return hasTwins(r.endpoints)
	}
	for _, f := range r.fresh {
		if f.endpoint >= 0 && isTwin(r.endpoints, f.endpoint) {
			return true
		}
	}
	return false
}

func isTwin(endpoints []discovery.Endpoint, at int) bool {
	for i := range endpoints {
		if i != at && endpoints[i].Address == endpoints[at].Address {
			return true
		}
	}
	return false
}

func hasTwins(endpoints []discovery.Endpoint) bool {
	seen := make(map[string]struct{}, len(endpoints))
	for i := range endpoints {
		seen[endpoints[i].Address] = struct{}{}
	}
	return len(seen) < len(endpoints)
}
