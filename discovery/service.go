package discovery

import (
	"slices"
	"sync/atomic"
	"time"
)

// Answer says what is known of a service that somebody asks for.
type Answer uint32

// The answers.
const (
	Unknown   Answer = iota // not configured, and no provider's globs permit it
	Pending                 // watched; what there is will be known once the catalog answers
	Ready                   // the Consumer has it, perhaps without endpoints
	Absent                  // permitted by a glob, and the catalog, which answers, says that nobody offers it
	OverLimit               // permitted, but too many services are watched on demand

	removed // the phase of a service that has ended; nobody gets it as an answer
)

var answerNames = [...]string{"unknown", "pending", "ready", "absent", "over limit"}

// String returns the answer in words.
func (a Answer) String() string { return answerNames[a] }

// service is one service that is watched.
type service struct {
	name  string
	phase atomic.Uint32 // an Answer: Pending, Ready, Absent or removed; written under the Catalog's lock
	asked atomic.Bool   // since the last sweep; a flag, because a clock would cost each select more

	// Guarded by the Catalog's lock.
	origin  origin
	sources []*source
	leaving []departure   // what replaced sources said
	gone    bool          // removed: only Drop is left to do
	decided chan struct{} // closed when phase leaves Pending or the service goes; nil if nobody waits
	used    time.Time     // on demand: the last sweep that saw it in use
	absent  bool          // it is in the Catalog's list of those
	since   time.Time     // when it was put there
	orders  []order       // about what is held
	held    []Endpoint    // what is held, for Remember
	doubted time.Time     // when its sources were last asked again
	lingers bool          // the list that it was imported from has it no more, and its source or a hold has

	queued bool // guarded by the queue's lock

	// Only the goroutine that delivers touches these.
	applied     bool // the Consumer knows the service
	sent        Update
	own         map[string]bool // addresses whose withdrawal is meant, by the last look
	withdrawals withdrawals
	holdDown    time.Duration // as it was for the last delivery; written under the Catalog's lock too
	holdOver    *time.Timer   // makes the service due when the next hold is over; nil if nothing is held
}

func (s *service) ask() Answer {
	if !s.asked.Load() { // mostly read, so that the cache line stays shared
		s.asked.Store(true)
	}
	return Answer(s.phase.Load())
}

// decide makes an answer the one that is given; any but Pending ends the wait for it. The caller holds
// the Catalog's lock.
func (s *service) decide(answer Answer) {
	s.phase.Store(uint32(answer))
	if answer != Pending {
		s.release()
	}
}

func (s *service) release() {
	if s.decided != nil {
		close(s.decided)
		s.decided = nil
	}
}

// find returns the source that is what w wants, or nil.
func find(sources []*source, w want) *source {
	for _, src := range sources {
		if src.provider == w.provider && src.query.equal(w.query) && src.shape.equal(w.shape) {
			return src
		}
	}
	return nil
}

// departure is what a source said that was replaced. It counts until those that came in its place have
// data, and in any case one source has, so that no service is without its endpoints in between.
type departure struct {
	endpoints []Endpoint
	until     []*source
	meant     bool // the plan has that source no more
}

func (d departure) over() bool {
	return !slices.ContainsFunc(d.until, func(src *source) bool { return !src.report().known })
}

// view is what the sources of a service say in one moment.
type view struct {
	names    []string
	inputs   [][]Endpoint
	complete bool // every source has data
	stale    bool
	own      [][]Endpoint // lists that people change, and not a catalog: what goes from them is meant to go
}

// look reads the sources. The caller holds the Catalog's lock.
func (s *service) look() view {
	v := view{complete: true}
	for _, src := range s.sources {
		r := src.report()
		v.stale = v.stale || r.failing
		v.complete = v.complete && r.known
		if r.known {
			v.inputs = append(v.inputs, r.endpoints)
		}
		if src.provider.local != nil {
			v.own = append(v.own, r.endpoints)
		}
		if !slices.Contains(v.names, src.provider.name) {
			v.names = append(v.names, src.provider.name)
		}
	}
	for _, d := range s.leaving {
		if d.meant {
			v.own = append(v.own, d.endpoints)
		}
	}
	if len(v.inputs) > 0 { // else all that is known is what the others left
		s.leaving = slices.DeleteFunc(s.leaving, departure.over)
	}
	for _, d := range s.leaving {
		v.inputs = append(v.inputs, d.endpoints)
	}
	return v
}
