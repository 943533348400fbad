package etcd

import (
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// record is one key of a service as etcd holds it. It is parsed only for services that somebody
// watches, and its two strings share one piece of memory: an agent keeps records of all services
// under the prefix and uses few of them.
type record struct {
	id    string
	value string // cut to one byte more than parseValue accepts
}

func newRecord(id, value []byte) record {
	value = value[:min(len(value), maxValueBytes+1)]
	both := string(id) + string(value)
	return record{id: both[:len(id)], value: both[len(id):]}
}

// catalog is all records under the prefix, by service and in the order of their ids. A service
// without records is not in it.
type catalog map[string][]record

// put stores a key; false says that it was there with the same value.
func (c catalog) put(service string, id, value []byte) bool {
	records := c[service]
	i, found := find(records, string(id))
	fresh := newRecord(id, value)
	switch {
	case !found:
		c[service] = slices.Insert(records, i, fresh)
	case records[i].value == fresh.value:
		return false
	default:
		records[i] = fresh
	}
	return true
}

// remove deletes a key; false says that it was not there.
func (c catalog) remove(service string, id []byte) bool {
	records := c[service]
	i, found := find(records, string(id))
	switch {
	case !found:
		return false
	case len(records) == 1:
		delete(c, service)
	default:
		c[service] = slices.Delete(records, i, i+1)
	}
	return true
}

// add appends the next key of a list, which comes in key order. Where old has the same record its
// memory is kept, so that a list that changes nothing leaves no second copy behind.
func (c catalog) add(old catalog, prefix int, kv *mvccpb.KeyValue) bool {
	service, id, ok := splitKey(kv.Key[prefix:])
	if !ok {
		return false
	}
	known := old[service]
	if i, found := find(known, string(id)); found && known[i].value == string(kv.Value) {
		c[service] = append(c[service], known[i])
	} else {
		c[service] = append(c[service], newRecord(id, kv.Value))
	}
	return true
}

// differences names the services whose records differ between two catalogs.
func differences(a, b catalog) []string {
	var names []string
	for service, records := range a {
		if !slices.Equal(records, b[service]) {
			names = append(names, service)
		}
	}
	for service := range b {
		if _, ok := a[service]; !ok {
			names = append(names, service)
		}
	}
	return names
}

func find(records []record, id string) (int, bool) {
	return slices.BinarySearchFunc(records, id, func(r record, id string) int {
		return strings.Compare(r.id, id)
	})
}
