package outlier

import "time"

// backend is what a detector keeps of one member, from the first outcome of it on.
type backend struct {
	address string
	voices  []voice // by the place of the uid; those beyond its end are empty
	others  window  // successes that uids without a place reported
	run     int     // failures in a row

	multiplier int  // of the base ejection time, by which the last ejection was that long
	unclean    bool // ejected, or returned, within this interval

	standing Change // the last one
	accuser  uint32 // the only uid that spoke against it, if alone
	alone    bool
}

// voice is what one uid says of a backend.
type voice struct {
	window
	inRun int // its part of the backend's run
}

func (b *backend) succeeded(place int) {
	if b.run > 0 {
		b.endRun()
	}
	if place == nowhere {
		b.others.now.ok++
		return
	}
	b.voice(place).now.ok++
}

func (b *backend) failed(place int) {
	v := b.voice(place)
	v.now.failed++
	v.inRun++
	b.run++
}

// voice allocates when a uid speaks of the backend for the first time.
func (b *backend) voice(place int) *voice {
	for place >= len(b.voices) {
		b.voices = append(b.voices, voice{})
	}
	return &b.voices[place]
}

func (b *backend) endRun() {
	b.run = 0
	for i := range b.voices {
		b.voices[i].inRun = 0
	}
}

// inRun is the part that a uid has in the run of failures.
func (b *backend) inRun(place int) int {
	if place < len(b.voices) {
		return b.voices[place].inRun
	}
	return 0
}

// current is what all uids with a place said in this interval.
func (b *backend) current() (sum tally) {
	for i := range b.voices {
		sum = sum.plus(b.voices[i].now)
	}
	return sum
}

// without is what the uids with a place said in this interval and the one before, but for one.
func (b *backend) without(place int) (sum tally) {
	for i := range b.voices {
		if i != place {
			sum = sum.plus(b.voices[i].both())
		}
	}
	return sum
}

// forget makes the voice at a place an empty one.
func (b *backend) forget(place int) {
	if place < len(b.voices) {
		b.run -= b.voices[place].inRun
		b.voices[place] = voice{}
	}
}

func (b *backend) roll() {
	b.others.roll()
	for i := range b.voices {
		b.voices[i].roll()
	}
}

// eject leaves the backend out for a time that grows with each ejection up to the longest, and with it
// the multiplier stops to grow.
func (b *backend) eject(s *Settings, now time.Time, cause Cause, reason string) {
	if s.BaseEjectionTime*time.Duration(b.multiplier) < s.MaxEjectionTime {
		b.multiplier++
	}
	b.standing = Change{
		Address: b.address,
		Ejected: true,
		Since:   now,
		Until:   now.Add(ejectionTime(s, b.multiplier)),
		Cause:   cause,
		Reason:  reason,
	}
	b.unclean = true
}

func ejectionTime(s *Settings, multiplier int) time.Duration {
	return min(s.BaseEjectionTime*time.Duration(multiplier), s.MaxEjectionTime)
}

// restore lets the backend return. It starts with a clean interval and no failures in a row.
func (b *backend) restore(cause Cause, reason string) {
	b.standing = Change{Address: b.address, Cause: cause, Reason: reason}
	b.alone = false
	b.unclean = true
	b.endRun()
	for i := range b.voices {
		b.voices[i].now = tally{}
	}
}
