package balancer

import (
	"hash/maphash"
	"sync/atomic"
)

// directory finds the group of a service. Looking up takes no lock and allocates nothing; adding and
// removing cost amortised constant time, so that registering N services costs in proportion to N.
//
// It is an open-addressing hash table with linear probing. A slot's hash is written once and stays
// until the table is rebuilt; its group comes and goes. A reader that sees a hash before its group
// takes the slot as vacant, which is right: the insertion has not happened yet.
type directory struct {
	seed  maphash.Seed
	table atomic.Pointer[table]

	// For writers, of which the caller lets one in at a time.
	used int // slots with a hash
	live int // slots with a group
}

type table struct {
	mask  uint64
	slots []slot
}

type slot struct {
	hash  atomic.Uint64 // 0: never used
	group atomic.Pointer[group]
}

const smallestTable = 8

func newDirectory() *directory {
	d := &directory{seed: maphash.MakeSeed()}
	d.table.Store(newTable(smallestTable))
	return d
}

func newTable(size int) *table {
	return &table{mask: uint64(size - 1), slots: make([]slot, size)}
}

func (d *directory) hash(name string) uint64 {
	return maphash.String(d.seed, name) | 1 // never 0
}

func (d *directory) get(name string) *group {
	if s := d.find(d.hash(name), name); s != nil {
		return s.group.Load()
	}
	return nil
}

// put adds the group, in the place of one with the same name.
func (d *directory) put(g *group) {
	hash := d.hash(g.name)
	if s := d.find(hash, g.name); s != nil {
		s.group.Store(g)
		return
	}
	if t := d.table.Load(); d.used+1 > len(t.slots)/3*2 {
		d.rebuild()
	}
	d.insert(d.table.Load(), hash, g)
	d.used++
	d.live++
}

// remove takes the group of that name out.
func (d *directory) remove(name string) {
	if s := d.find(d.hash(name), name); s != nil {
		s.group.Store(nil)
		d.live--
	}
}

func (d *directory) find(hash uint64, name string) *slot {
	t := d.table.Load()
	for i := hash >> 1; ; i++ {
		s := &t.slots[i&t.mask]
		switch s.hash.Load() {
		case 0:
			return nil
		case hash:
			if g := s.group.Load(); g != nil && g.name == name {
				return s
			}
		}
	}
}

func (d *directory) insert(t *table, hash uint64, g *group) {
	for i := hash >> 1; ; i++ {
		s := &t.slots[i&t.mask]
		if s.hash.Load() == 0 {
			s.group.Store(g)
			s.hash.Store(hash)
			return
		}
	}
}

// rebuild moves the live groups to a table in which they take at most a third of the slots. Readers
// of the old table go on undisturbed.
func (d *directory) rebuild() {
	size := smallestTable
	for size < 3*(d.live+1) {
		size *= 2
	}
	t := newTable(size)
	d.each(func(g *group) { d.insert(t, d.hash(g.name), g) })
	d.used = d.live
	d.table.Store(t)
}

// each calls f with every group. It takes no lock: what is added or removed meanwhile may be missed.
func (d *directory) each(f func(*group)) {
	t := d.table.Load()
	for i := range t.slots {
		if g := t.slots[i].group.Load(); g != nil {
			f(g)
		}
	}
}
