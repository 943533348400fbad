package discovery

import "slices"

// Diff is what changed between two lists of endpoints of one service. Its lists are not to be written
// to.
type Diff struct {
	Added   []Endpoint // in the order of the new list
	Removed []Endpoint // as they were, in the order of the old list
	Changed []Endpoint // as they are now: an attribute or the status differs; in the order of the new list
}

// Empty says that nothing changed. Order alone is no change.
func (d Diff) Empty() bool {
	return len(d.Added) == 0 && len(d.Removed) == 0 && len(d.Changed) == 0
}

// Compare finds the difference between two lists that hold each address at most once. It is pure and
// takes time in proportion to the lists, and none when both are the same slice.
func Compare(before, after []Endpoint) Diff {
	if sameSlice(before, after) {
		return Diff{}
	}
	var diff Diff
	n := 0 // most changes touch one endpoint: walk what comes before it and after it without a map
	for n < len(before) && n < len(after) && before[n].Address == after[n].Address {
		diff.change(&before[n], &after[n])
		n++
	}
	before, after = before[n:], after[n:]
	same := commonTail(before, after)
	diff.unordered(before[:len(before)-same], after[:len(after)-same])
	for i := len(after) - same; i < len(after); i++ {
		diff.change(&before[len(before)-len(after)+i], &after[i])
	}
	return diff
}

// differ says whether Compare would find a difference, and mostly sooner.
func differ(before, after []Endpoint) bool {
	if len(before) != len(after) {
		return true
	}
	if sameSlice(before, after) {
		return false
	}
	for i := range before {
		switch {
		case before[i].Address != after[i].Address:
			return !Compare(before[i:], after[i:]).Empty()
		case !before[i].equal(&after[i]):
			return true
		}
	}
	return false
}

// commonTail is how many endpoints at the end of both lists have the same addresses.
func commonTail(a, b []Endpoint) (n int) {
	for n < len(a) && n < len(b) && a[len(a)-1-n].Address == b[len(b)-1-n].Address {
		n++
	}
	return n
}

func sameSlice(a, b []Endpoint) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func (d *Diff) change(before, after *Endpoint) {
	if !before.equal(after) {
		d.Changed = append(d.Changed, *after)
	}
}

func (d *Diff) unordered(before, after []Endpoint) {
	if len(before) == 0 {
		d.Added = slices.Clip(after) // shared, so that a first list costs no copy
		return
	}
	gone := make(map[string]int, len(before))
	for i := range before {
		gone[before[i].Address] = i
	}
	for n := range after {
		e := &after[n]
		i, was := gone[e.Address]
		if !was {
			d.Added = append(d.Added, *e)
			continue
		}
		d.change(&before[i], e)
		delete(gone, e.Address)
	}
	for i := range before {
		if _, is := gone[before[i].Address]; is {
			d.Removed = append(d.Removed, before[i])
		}
	}
}
