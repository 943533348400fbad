package etcd

import (
	"fmt"

	"github.com/remora-agent/remora/discovery"
)

// view is a service as one query sees it.
type view struct {
	prefix string // of the service's keys
	query  discovery.Query
}

func newView(prefix string, q discovery.Query) view {
	return view{prefix: prefix + q.Name + "/", query: q}
}

// snapshot publishes every record that makes sense and names every one that does not. Where two keys
// have one address, the first wins. Mostly the list of the shelf is as the query wants it.
func (v view) snapshot(k known) discovery.Snapshot {
	var snapshot discovery.Snapshot
	for _, f := range k.faults {
		snapshot.Dropped = append(snapshot.Dropped, f.err)
	}
	if len(v.query.Tags) == 0 && !k.twins {
		snapshot.Endpoints = k.endpoints
		return snapshot
	}
	owner := make(map[string]string, len(k.endpoints))
	for _, e := range v.query.Select(k.endpoints) {
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
