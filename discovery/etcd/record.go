package etcd

import (
	"hash/maphash"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// record is one key of a service as etcd holds it. Of a service that nobody watches the value is kept
// as it is, since an agent keeps records of all services under the prefix and uses few of them. Once
// it was read, the shelf has what it says, and the record only its hash.
type record struct {
	text string // the id, and the value behind it until it was read
	cut  uint32 // where the value begins
	sum  uint64 // of the value once it was read; until then 0
}

func newRecord(id, value []byte) record {
	return record{text: string(id) + string(trim(value)), cut: uint32(len(id))}
}

// trim cuts a value to one byte more than parseValue accepts.
func trim(value []byte) []byte { return value[:min(len(value), maxValueBytes+1)] }

func (r *record) id() string    { return r.text[:r.cut] }
func (r *record) value() string { return r.text[r.cut:] } // until it was read
func (r *record) read() bool    { return r.sum != 0 }

// hash is that of the value, read or not.
func (r *record) hash() uint64 {
	if r.read() {
		return r.sum
	}
	return maphash.String(seed, r.value()) | 1 // never 0
}

var seed = maphash.MakeSeed()

// says tells whether the value is that.
func (r *record) says(value []byte) bool {
	if r.read() {
		return r.sum == maphash.Bytes(seed, trim(value))|1
	}
	return r.value() == string(trim(value))
}

// same says whether two records have the same id and value.
func (r *record) same(other *record) bool {
	if !r.read() && !other.read() {
		return r.cut == other.cut && r.text == other.text
	}
	return r.id() == other.id() && r.hash() == other.hash()
}

// catalog is all services under the prefix. A service without records is not in it.
type catalog map[string]*shelf

// put stores a key; false says that it was there with the same value.
func (c catalog) put(service string, id, value []byte) bool {
	s := c[service]
	if s == nil {
		s = new(shelf)
		c[service] = s
	}
	return s.put(id, value)
}

// remove deletes a key; false says that it was not there.
func (c catalog) remove(service string, id []byte) bool {
	s := c[service]
	if s == nil || !s.remove(id) {
		return false
	}
	if len(s.records) == 0 {
		delete(c, service)
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
	s, known := c[service], old[service]
	if s == nil {
		s = new(shelf)
		if known != nil {
			s.records = make([]record, 0, len(known.records))
		}
		c[service] = s
	}
	if known != nil {
		if i, found := known.find(string(id)); found && known.records[i].says(kv.Value) {
			s.records = append(s.records, known.records[i])
			return true
		}
	}
	s.records = append(s.records, newRecord(id, kv.Value))
	return true
}

// adopt has each shelf that holds the same as the one in old give way to that one, and the others know
// what was read of the records that both hold. It names the services that differ.
func (c catalog) adopt(old catalog) (differ []string) {
	for service, was := range old {
		s := c[service]
		switch {
		case s == nil:
			differ = append(differ, service)
		case s.same(was):
			c[service] = was
		default:
			s.known = was.known
			differ = append(differ, service)
		}
	}
	for service, s := range c {
		if old[service] == nil {
			s.records = slices.Clone(s.records) // which leaves no room behind them
			differ = append(differ, service)
		}
	}
	return differ
}
