package etcd

import (
	"fmt"
	"strings"

	"github.com/remora-agent/remora/discovery"
)

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
