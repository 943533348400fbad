package balancer

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/remora-agent/remora/balancer/hashing"
)

// hashed is the picker of the hashing strategies. Its table is made of a tier's members, whether they
// are healthy or not, so that keys of healthy backends stay where they are when others fail; who is
// eligible is a set beside it. Members that are held are in no table of listed ones, and where all are
// held, they have the table that they had before.
//
// A table costs memory and time, so it is made when somebody first selects. From then on, whoever
// changes the group makes the next table before the change is published, and no selection waits.
type hashed struct {
	strategy Strategy
	settings Hash
	hosts    []hashing.Host
	at       []uint32     // place of each host's member
	eligible hashing.Set  // of hosts; nil: all
	hostOf   []uint32     // by place of the member; noHost for members of other tiers
	table    *sharedTable // of equal hosts, also in other views
}

// sharedTable is a table that is made once, when it is needed.
type sharedTable struct{ made atomic.Pointer[madeTable] }

type madeTable struct {
	hashing.Table
	alone Table // what it amounts to where it is the group's only one
}

const noHost = math.MaxUint32

func newHashed(g *group, v *view, p *pool) picker {
	h := &hashed{strategy: v.settings.Strategy, settings: v.settings.Hash, hostOf: make([]uint32, len(v.members))}
	for i := range v.members {
		m := &v.members[i]
		h.hostOf[i] = noHost
		if m.weight == 0 || m.priority != p.priority || m.held != p.held {
			continue
		}
		h.hostOf[i] = uint32(len(h.hosts))
		h.at = append(h.at, uint32(i))
		h.hosts = append(h.hosts, hashing.Host{Address: m.backend.address, Weight: uint32(m.weight)})
	}
	if len(p.at) < len(h.hosts) {
		h.eligible = hashing.NewSet(len(h.hosts))
		for _, at := range p.at {
			h.eligible.Add(h.hostOf[at])
		}
	}
	h.inherit(g.view.Load(), p)
	return h
}

// inherit takes over the table of the view before if it is of the same hosts. If that one was in use,
// a new one is made here, by the one who changes the group.
func (h *hashed) inherit(before *view, p *pool) {
	h.table = &sharedTable{}
	if before == nil {
		return
	}
	for i := range before.pools {
		old, ok := before.pools[i].picker.(*hashed)
		if !ok || before.pools[i].priority != p.priority {
			continue
		}
		if old.strategy == h.strategy && old.settings == h.settings && slices.Equal(old.hosts, h.hosts) {
			h.table = old.table
		} else if old.table.made.Load() != nil {
			h.make()
		}
	}
}

// make returns the table and makes it first if need be. Two who come at once make it twice; one of
// the two is kept.
func (h *hashed) make() hashing.Table {
	if t := h.table.made.Load(); t != nil {
		return t.Table
	}
	made := &madeTable{Table: h.build()}
	made.alone.add(made)
	made.alone.Name = name64(made.alone.Fingerprint)
	h.table.made.CompareAndSwap(nil, made)
	return h.table.made.Load().Table
}

// build is the only place that knows which table belongs to which strategy. Settings were checked, and
// 65,537 is prime.
func (h *hashed) build() hashing.Table {
	switch h.strategy {
	case RingHash:
		sizes := h.settings.withDefaults()
		return checked(hashing.NewRing(h.hosts, sizes.MinRing, sizes.MaxRing))
	case Ketama:
		return hashing.NewKetama(h.hosts)
	case Maglev:
		return checked(hashing.NewMaglev(h.hosts, maglevSize))
	default:
		return hashing.NewRendezvous(h.hosts)
	}
}

const maglevSize = 65_537

func checked[T any](value T, err error) T {
	if err != nil {
		panic("balancer: " + err.Error())
	}
	return value
}

// hash is what the strategy makes of a key.
func (h *hashed) hash(key string) uint64 { return h.make().Hash(key) }

func (h *hashed) pick(hash uint64) uint32 {
	host, _ := h.make().Lookup(hash, h.eligible)
	return h.at[host]
}

// walk returns up to n different members for a hash in the order of the strategy's own walk, those left
// out that skip names.
func (h *hashed) walk(hash uint64, n int, skip func(at uint32) bool) []uint32 {
	left := hashing.NewSet(len(h.hosts))
	for i, at := range h.at {
		if (h.eligible == nil || h.eligible.Has(uint32(i))) && !skip(at) {
			left.Add(uint32(i))
		}
	}
	var found []uint32
	for len(found) < n {
		host, ok := h.make().Lookup(hash, left)
		if !ok {
			break
		}
		left.Remove(host)
		found = append(found, h.at[host])
	}
	return found
}

// score is not used: hashed members are ranked by walk.
func (h *hashed) score(*member) float64 { return 0 }

// Table describes the hash tables of a group.
type Table struct {
	Fingerprint uint64 // equal on two agents exactly when the tables are
	Name        string // the fingerprint in hexadecimal
	Bytes       int
}

// add takes one more tier's table in.
func (t *Table) add(made *madeTable) {
	t.Fingerprint = mix(t.Fingerprint ^ made.Fingerprint())
	t.Bytes += made.Bytes()
}

func name64(fingerprint uint64) string { return fmt.Sprintf("%016x", fingerprint) }

// tableOf gathers what the view's pools have made so far; false when nothing was.
func (v *view) tableOf() (t Table, ok bool) {
	if v.input != byKey {
		return Table{}, false
	}
	if len(v.pools) == 1 {
		if made := v.pools[0].picker.(*hashed).table.made.Load(); made != nil {
			return made.alone, true
		}
		return Table{}, false
	}
	for i := range v.pools {
		h, hashes := v.pools[i].picker.(*hashed)
		if !hashes {
			return Table{}, false
		}
		if made := h.table.made.Load(); made != nil {
			t.add(made)
			ok = true
		}
	}
	t.Name = name64(t.Fingerprint)
	return t, ok
}
