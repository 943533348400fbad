package outlier

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Detector finds the outliers of one group. All methods are safe to call concurrently: one mutex is
// held for as long as each takes, and nothing is called back under it. Its memory is bounded by the
// members that there were outcomes of, times MaxUIDs.
type Detector struct {
	mu       sync.Mutex
	settings Settings
	members  []string // addresses, sorted
	backends map[string]*backend
	uids     uids
	ejected  int // of backends
	resting  bool
	stats    Stats
}

// Stats are what a detector counts, since it was made.
type Stats struct {
	Ejected   int // backends at present
	Ejections map[Cause]uint64

	// Outliers that were left in service: the cap was reached, or they would not have been outliers
	// without the reports of one uid. A run of failures counts once for each, a rate once a sweep.
	Capped, Contested uint64
}

// New returns a detector for an empty group. The settings must be valid.
func New(s Settings) *Detector {
	return &Detector{
		settings: s,
		backends: make(map[string]*backend),
		stats:    Stats{Ejections: make(map[Cause]uint64)},
	}
}

// SetSettings puts other settings in force, which must be valid. Counts and ejections stand, and those
// who are out stay so until the time they were given.
func (d *Detector) SetSettings(s Settings) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settings = s
}

// Settings returns those in force.
func (d *Detector) Settings() Settings {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings
}

// SetMembers says which backends the group has. One that stays keeps all that is known of it; one that
// leaves is forgotten, its ejection too, and starts anew should it return. It does not keep the slice.
func (d *Detector) SetMembers(addresses []string) {
	members := slices.Clone(addresses)
	slices.Sort(members)
	members = slices.Clip(slices.Compact(members))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.members = members
	for address, b := range d.backends {
		if d.isMember(address) {
			continue
		}
		if b.standing.Ejected {
			d.ejected--
		}
		delete(d.backends, address)
	}
}

func (d *Detector) isMember(address string) bool {
	_, ok := slices.BinarySearch(d.members, address)
	return ok
}

// Record counts an outcome that a uid reported. It tells when that ejects the backend, or makes it
// return, at once. What is said of an address that is no member, or, but for a contradiction, of one
// that is ejected, does not count. It allocates only when a uid speaks of a backend for the first time,
// and when something changes.
func (d *Detector) Record(address string, uid uint32, success bool, now time.Time) (_ Change, changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.backend(address)
	if b == nil {
		return Change{}, false
	}
	if b.standing.Ejected {
		if !success || !b.alone || uid == b.accuser {
			return Change{}, false
		}
		d.contradict(b, uid)
		changed = true
	}
	d.resting = false
	switch place := d.place(uid); {
	case success:
		b.succeeded(place)
	case place != nowhere:
		b.failed(place)
		changed = d.judgeRun(b, now)
	}
	return b.standing, changed
}

// backend returns nil for what is no member.
func (d *Detector) backend(address string) *backend {
	if b, ok := d.backends[address]; ok {
		return b
	}
	if !d.isMember(address) {
		return nil
	}
	address = strings.Clone(address) // it may be part of something larger
	b := &backend{address: address, standing: Change{Address: address}}
	d.backends[address] = b
	return b
}

func (d *Detector) place(uid uint32) int {
	if place := d.uids.find(uid); place != nowhere {
		return place
	}
	place, evicted := d.uids.take(uid)
	if evicted {
		for _, b := range d.backends {
			b.forget(place)
		}
	}
	return place
}

// judgeRun ejects a backend that has failed too often in a row, and tells whether it did.
func (d *Detector) judgeRun(b *backend, now time.Time) bool {
	limit := d.settings.ConsecutiveFailures
	if limit == 0 || b.run < limit {
		return false
	}
	enough := func(place int, _ tally) bool { return b.run-b.inRun(place) >= limit }
	if d.refuses(b, enough, b.run == limit) {
		return false
	}
	d.eject(b, now, ConsecutiveFailures, runReason(b.run))
	return true
}

// refuses tells whether an outlier must stay in service: for the cap, or because a uid might have made
// it one. count says whether that goes into the statistics.
func (d *Detector) refuses(b *backend, agrees opinion, count bool) bool {
	var counter *uint64
	switch {
	case !d.room():
		counter = &d.stats.Capped
	case d.contested(b, agrees):
		counter = &d.stats.Contested
	default:
		return false
	}
	if count {
		*counter++
	}
	return true
}

func (d *Detector) eject(b *backend, now time.Time, cause Cause, reason string) {
	b.accuser, b.alone = d.soleAccuser(b, cause)
	b.eject(&d.settings, now, cause, reason)
	d.ejected++
	d.stats.Ejections[cause]++
}

// room tells whether one more may be ejected: gRPC's rule, by which the last one may go over the cap.
func (d *Detector) room() bool {
	return 100*d.ejected < d.settings.MaxEjectionPercent*len(d.members)
}

// contradict ends an ejection that only one uid had spoken for, as if it had not been.
func (d *Detector) contradict(b *backend, uid uint32) {
	d.restore(b, Contradicted, contradictedReason(uid, b.accuser))
	b.multiplier--
}

func (d *Detector) restore(b *backend, cause Cause, reason string) {
	b.restore(cause, reason)
	d.ejected--
}

// ActiveOK takes note that an active check of the backend found it healthy. With ActiveUnejects this
// ends an ejection.
func (d *Detector) ActiveOK(address string) (_ Change, changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.backends[address]
	if b == nil || !b.standing.Ejected || !d.settings.ActiveUnejects {
		return Change{}, false
	}
	d.restore(b, ActiveCheck, "an active check succeeded")
	return b.standing, true
}

// Standing returns the last change of a backend; that of one that was never ejected has no Cause.
func (d *Detector) Standing(address string) Change {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.backends[address]; b != nil {
		return b.standing
	}
	return Change{Address: address}
}

// Stats returns the counts at one moment.
func (d *Detector) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stats
	s.Ejected = d.ejected
	s.Ejections = maps.Clone(d.stats.Ejections)
	return s
}
