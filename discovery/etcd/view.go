package etcd

import (
	"fmt"

	"github.com/remora-agent/remora/discovery"
)

// view turns the records of a service into snapshots for one query. It remembers what it parsed, so
// that a change parses what changed and no more. It is not safe for concurrent use.
type view struct {
	prefix  string // of the service's keys, for messages
	query   discovery.Query
	entries []entry // of the last snapshot, by id
}

// entry is a parsed record.
type entry struct {
	record
	endpoint discovery.Endpoint
	present  bool
	err      error
}

func newView(prefix string, q discovery.Query) *view {
	return &view{prefix: prefix + q.Name + "/", query: q}
}

// snapshot publishes every record that makes sense and names every one that does not. Where two keys
// have one address, the first wins.
func (v *view) snapshot(records []record) discovery.Snapshot {
	v.parse(records)
	var snapshot discovery.Snapshot
	present := make([]discovery.Endpoint, 0, len(records))
	for _, e := range v.entries {
		switch {
		case e.err != nil:
			snapshot.Dropped = append(snapshot.Dropped, e.err)
		case e.present:
			present = append(present, e.endpoint)
		}
	}
	owner := make(map[string]string, len(present))
	for _, e := range v.query.Select(present) {
		if first, taken := owner[e.Address]; taken {
			snapshot.Dropped = append(snapshot.Dropped, fmt.Errorf("key %q: the address %s is already that of key %q",
				v.prefix+e.ID, e.Address, v.prefix+first))
			continue
		}
		owner[e.Address] = e.ID
		snapshot.Endpoints = append(snapshot.Endpoints, e)
	}
	return snapshot
}

// parse brings entries up to date with records; both are sorted by id.
func (v *view) parse(records []record) {
	before := v.entries
	v.entries = make([]entry, 0, len(records))
	for _, r := range records {
		for len(before) > 0 && before[0].id < r.id {
			before = before[1:]
		}
		if len(before) > 0 && before[0].record == r {
			v.entries = append(v.entries, before[0])
			continue
		}
		v.entries = append(v.entries, v.parseOne(r))
	}
}

func (v *view) parseOne(r record) entry {
	e := entry{record: r}
	if r.id == "" {
		e.err = fmt.Errorf("key %q: the id after the last slash is empty", v.prefix)
		return e
	}
	var err error
	if e.endpoint, e.present, err = parseValue(r.id, r.value); err != nil {
		e.err = fmt.Errorf("key %q: %w", v.prefix+r.id, err)
	}
	return e
}
