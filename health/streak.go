package health

// Verdict is what the probes of a target amount to, rise and fall applied.
type Verdict uint8

// The verdicts, by the names that the wire uses.
const (
	Unknown Verdict = iota // no success yet, and not enough failures
	OK
	Failed
)

// String returns "unknown", "ok" or "failed".
func (v Verdict) String() string {
	switch v {
	case OK:
		return "ok"
	case Failed:
		return "failed"
	default:
		return "unknown"
	}
}

// streak is the state of rise and fall: the verdict, and the results in a row that speak for or
// against it. One of the two counts is always 0.
type streak struct {
	verdict     Verdict
	oks, failed int
}

// next is the streak after one more result. rise successes in a row end a failure and fall failures
// in a row cause one, as in HAProxy; the first success of a target that nothing is known of decides
// at once, so that a new backend need not prove itself rise times.
func (s streak) next(ok bool, rise, fall int) streak {
	if ok {
		s.oks, s.failed = s.oks+1, 0
		if s.verdict == Unknown || s.oks >= rise {
			s.verdict = OK
		}
		return s
	}
	s.oks, s.failed = 0, s.failed+1
	if s.failed >= fall {
		s.verdict = Failed
	}
	return s
}

// marked is the streak after somebody said how the backend is: the verdict is theirs, and it takes
// as many results in a row to turn it as it takes to turn one of the probes' own.
func (s streak) marked(healthy bool) streak {
	if healthy {
		return streak{verdict: OK}
	}
	return streak{verdict: Failed, failed: s.failed + 1}
}
