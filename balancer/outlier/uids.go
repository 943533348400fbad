package outlier

// MaxUIDs is how many uids a detector tells apart at a time.
const MaxUIDs = 16

// nowhere is the place of a uid that has none.
const nowhere = -1

// uids gives the uids that report on a group places, by which backends count their outcomes. A place
// is kept until another uid needs it and its own has been silent for this interval and the one before.
type uids struct {
	seats [MaxUIDs]seat
	taken int // the first so many of seats
}

type seat struct {
	uid         uint32
	now, before bool // it has reported in this interval, in the one before
}

// find returns the place of a uid and notes that it speaks.
func (u *uids) find(uid uint32) int {
	for place := range u.taken {
		if u.seats[place].uid == uid {
			u.seats[place].now = true
			return place
		}
	}
	return nowhere
}

// take gives a uid a free place. evicted tells that another uid lost it.
func (u *uids) take(uid uint32) (place int, evicted bool) {
	place = u.free()
	if place == nowhere {
		return nowhere, false
	}
	evicted = place < u.taken
	u.seats[place] = seat{uid: uid, now: true}
	u.taken = max(u.taken, place+1)
	return place, evicted
}

func (u *uids) free() int {
	if u.taken < MaxUIDs {
		return u.taken
	}
	for place := range u.seats {
		if s := &u.seats[place]; !s.now && !s.before {
			return place
		}
	}
	return nowhere
}

func (u *uids) roll() {
	for place := range u.taken {
		s := &u.seats[place]
		s.before, s.now = s.now, false
	}
}

// silent tells whether nobody has spoken in this interval and the one before.
func (u *uids) silent() bool {
	for place := range u.taken {
		if s := &u.seats[place]; s.now || s.before {
			return false
		}
	}
	return true
}
