package outlier

// opinion tells whether what the others said of an outlier, when the uid at a place is left out, would
// eject it as well. It is asked only if they reported a success.
type opinion func(place int, others tally) bool

// contested tells whether an outlier would not be one without the reports of a single uid.
func (d *Detector) contested(b *backend, agrees opinion) bool {
	praise := tally{ok: b.others.both().ok}
	for place := range d.uids.taken {
		others := b.without(place).plus(praise)
		if others.ok > 0 && !agrees(place, others) {
			return true
		}
	}
	return false
}

// soleAccuser returns the uid on whose word alone a backend is ejected: the only one that failed in a
// run, or the only one that has spoken of it in this interval and the one before.
func (d *Detector) soleAccuser(b *backend, cause Cause) (uid uint32, alone bool) {
	for place := range b.voices {
		if cause == ConsecutiveFailures && b.inRun(place) == b.run || b.onlyVoice(place) {
			return d.uids.seats[place].uid, true
		}
	}
	return 0, false
}

// onlyVoice need not look at uids without a place: their praise would have contested the ejection.
func (b *backend) onlyVoice(place int) bool {
	own := b.voices[place].both()
	return own.total() > 0 && b.without(place).total() == 0
}
