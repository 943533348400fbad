package fair

import "sync"

// Verdict says whether a user may have another connection.
type Verdict uint8

// The verdicts.
const (
	Admitted  Verdict = iota
	Full              // all places are taken, or the last ones are kept for the privileged
	OverShare         // the user holds as many as one may, for now
)

// reservedPart is the part of all places that only privileged users get: an operator who wants to
// see what is wrong must get in.
const reservedPart = 32

// Shares are the places for connections of one socket. Its methods may be called concurrently.
//
// A user may hold as many places as are free, and never more than the limit of one user. So a user alone
// gets half, the next one half of the rest, and whoever comes late and wants a few gets them. The rule is
// that of dynamic thresholds for shared buffers (Choudhury and Hahne, 1998), with a factor of one.
type Shares struct {
	places  int // in all
	perUser int

	mu    sync.Mutex
	taken int
	held  map[uint32]int // by uid; no zeros
}

// NewShares returns that many free places, of which one user may hold perUser at most.
func NewShares(places, perUser int) *Shares {
	return &Shares{places: places, perUser: perUser, held: make(map[uint32]int)}
}

// Take gives a user a place, if the verdict is Admitted: Leave returns it. The privileged are held to
// the limit of one user too, since much that runs as root is an application like any other.
func (s *Shares) Take(uid uint32, privileged bool) Verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	free, held := s.places-s.taken, s.held[uid]
	switch {
	case free <= 0, !privileged && free <= s.reserved():
		return Full
	case held >= s.allowed(free, privileged):
		return OverShare
	}
	s.taken++
	s.held[uid]++
	return Admitted
}

// allowed is how many places a user may hold while so many are free.
func (s *Shares) allowed(free int, privileged bool) int {
	if privileged {
		free = max(free, s.reserved())
	}
	return min(s.perUser, free)
}

// reserved is how many places only the privileged get.
func (s *Shares) reserved() int { return s.places / reservedPart }

// Leave returns a place.
func (s *Shares) Leave(uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.held[uid]--; s.held[uid] <= 0 {
		delete(s.held, uid)
	}
}

// Held gives how many places each user holds now.
func (s *Shares) Held(add func(uid uint32, places int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for uid, n := range s.held {
		add(uid, n)
	}
}

// Places is how many there are in all.
func (s *Shares) Places() int { return s.places }
