package consul

import "time"

// Those who are woken for nothing pause for the longer the more of them there are, so that all of them
// together ask about twice a second: one alone once a second, and each of thirty and more once in the
// Pause of the configuration.
const (
	idleFloor = time.Second
	idleShare = time.Second / 2
)

// idlePause is the longest pause of each of n series that are woken for nothing.
func idlePause(n int64, most time.Duration) time.Duration {
	return min(most, max(idleFloor, time.Duration(n)*idleShare))
}

// wokenForNothing takes an answer that brought no news after so long, and says how long to pause.
func (s *series) wokenForNothing(lasted time.Duration) time.Duration {
	pause := s.quiet.next(lasted, idlePause(s.Provider.idle.Load(), s.config.Pause))
	s.count(s.quiet.slows())
	return pause
}

// eased takes an answer that was news, or was long in coming.
func (s *series) eased() {
	s.quiet.ease()
	s.count(s.quiet.slows())
}

// end is called when the series is over.
func (s *series) end() { s.count(false) }

// count keeps the number of those who are woken for nothing.
func (s *series) count(idle bool) {
	switch {
	case idle && !s.idle:
		s.Provider.idle.Add(1)
	case !idle && s.idle:
		s.Provider.idle.Add(-1)
	}
	s.idle = idle
}
