package api

import (
	"cmp"
	"slices"

	"github.com/remora-agent/remora/agent/fair"
)

// User is what one user has and was refused since the start.
type User struct {
	UID         uint32 // Nobody where it is not known, fair.OtherUsers for those who are counted together
	Connections int
	Refused     fair.Refusals
}

// Users lists who is connected or was refused something, by uid. It may be called concurrently.
func (s *Server) Users() []User {
	users := make(map[uint32]*User)
	of := func(uid uint32) *User {
		if users[uid] == nil {
			users[uid] = &User{UID: uid}
		}
		return users[uid]
	}
	for _, r := range s.handler.users.Refusals() {
		of(r.UID).Refused = r
	}
	for _, shares := range s.allShares() {
		shares.Held(func(uid uint32, places int) { of(uid).Connections += places })
	}
	list := make([]User, 0, len(users))
	for _, u := range users {
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b User) int { return cmp.Compare(a.UID, b.UID) })
	return list
}

func (s *Server) allShares() []*fair.Shares {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.shares)
}

// sharesOf makes the places of a listener known.
func (s *Server) sharesOf(places, perUser int) *fair.Shares {
	shares := fair.NewShares(places, perUser)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shares = append(s.shares, shares)
	return shares
}

// AcceptFailures counts how often a connection could not be accepted for lack of file descriptors or
// memory. It may be called concurrently.
func (s *Server) AcceptFailures() uint64 { return s.acceptFailures.Load() }
