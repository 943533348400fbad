package fair

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// maxUsers is how many users are told apart; further ones are counted together.
const maxUsers = 256

// OtherUsers stands for the users who are counted together.
const OtherUsers = ^uint32(0) - 1

// Reason is what a user was refused.
type Reason uint8

// The reasons.
const (
	Connections Reason = iota // beyond the user's share, or when all places were taken
	Streams                   // beyond the user's number of streams
	Requests                  // that came too many at a time, or too slowly
	reasons
)

// quiet is how long nothing may be refused before a refusal is news again.
const quiet = time.Minute

// Users counts what each user was refused. Its methods may be called concurrently.
type Users struct {
	mu    sync.Mutex
	known map[uint32]*refused
}

type refused struct {
	counts [reasons]uint64
	last   [reasons]time.Time
}

// Refusals is what one user was refused since the start.
type Refusals struct {
	UID                            uint32 // OtherUsers for those beyond the number that is told apart
	Connections, Streams, Requests uint64
}

// Refused counts a refusal. It is news when the user was refused nothing of the kind for a minute.
func (u *Users) Refused(uid uint32, why Reason, now time.Time) (news bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	r := u.known[uid]
	if r == nil && len(u.known) >= maxUsers {
		r = u.known[OtherUsers]
		uid = OtherUsers
	}
	if r == nil {
		if u.known == nil {
			u.known = make(map[uint32]*refused)
		}
		r = &refused{}
		u.known[uid] = r
	}
	news = r.counts[why] == 0 || now.Sub(r.last[why]) >= quiet
	r.counts[why]++
	r.last[why] = now
	return news
}

// Refusals lists the users who were refused something, by uid.
func (u *Users) Refusals() []Refusals {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := make([]Refusals, 0, len(u.known))
	for uid, r := range u.known {
		list = append(list, Refusals{uid, r.counts[Connections], r.counts[Streams], r.counts[Requests]})
	}
	slices.SortFunc(list, func(a, b Refusals) int { return cmp.Compare(a.UID, b.UID) })
	return list
}
