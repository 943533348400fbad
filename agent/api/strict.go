package api

import (
	"strconv"

	"github.com/remora-agent/remora/client/wire"
)

// strict reads the one form of JSON that the fast lane knows: names in their exact spelling and once
// each, strings of ASCII without escapes or controls, plain numbers, no null. Space may stand between tokens. All
// that is in this form means the same to encoding/json; what is not is left to it.
type strict struct {
	rest  []byte
	first bool // of the list or object that was opened last
	bad   bool // something was not in this form; from then on nothing is
}

// token takes one byte after any space.
func (s *strict) token(c byte) bool {
	s.space()
	if s.bad || len(s.rest) == 0 || s.rest[0] != c {
		s.bad = true
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *strict) space() {
	for len(s.rest) > 0 {
		switch s.rest[0] {
		case ' ', '\t', '\n', '\r':
			s.rest = s.rest[1:]
		default:
			return
		}
	}
}

// opens takes the begin of a list or of an object; its end comes with more.
func (s *strict) opens(c byte) bool {
	s.first = true
	return s.token(c)
}

// more says whether another element follows, or takes the end. An element's own elements must have been
// taken by then.
func (s *strict) more(end byte) bool {
	s.space()
	if s.bad || len(s.rest) == 0 {
		s.bad = true
		return false
	}
	first := s.first
	s.first = false
	if s.rest[0] == end {
		s.rest = s.rest[1:]
		return false
	}
	return first || s.token(',')
}

// text takes a string.
func (s *strict) text() []byte {
	if !s.token('"') {
		return nil
	}
	n := 0
	for n < len(s.rest) && classes[s.rest[n]]&inJSON != 0 {
		n++
	}
	text := s.rest[:n]
	s.rest = s.rest[n:]
	if len(s.rest) == 0 || s.rest[0] != '"' {
		s.bad = true
		return nil
	}
	s.rest = s.rest[1:]
	return text
}

// name takes the name of a field.
func (s *strict) name() []byte {
	name := s.text()
	s.token(':')
	return name
}

// word takes a number, true or false, up to what ends it.
func (s *strict) word() []byte {
	s.space()
	n := 0
	for n < len(s.rest) && (classes[s.rest[n]]&inToken != 0 || s.rest[n] == '.') {
		n++
	}
	word := s.rest[:n]
	s.rest = s.rest[n:]
	return word
}

// ended says whether all of it was in this form and nothing is left.
func (s *strict) ended() bool {
	s.space()
	return !s.bad && len(s.rest) == 0
}

// Fields of requests, each of which may be there once.
const (
	hasService = 1 << iota
	hasKey
	hasExclude
	hasBind
	hasTTL
	hasSuccess
	hasLatency
)

// readRequest reads a pick, or a request for a lease, into the scratch; false when it is not strict.
func (l *lane) readRequest(s *strict, lease bool) bool {
	l.reset()
	seen := 0
	for s.opens('{'); s.more('}'); {
		field := l.readField(s, lease)
		if field == 0 || seen&field != 0 {
			return false
		}
		seen |= field
	}
	s.first = false // of the list that this is in
	return !s.bad && seen&hasService != 0
}

// readField reads one field and says which; 0 when it is not strict.
func (l *lane) readField(s *strict, lease bool) (field int) {
	switch string(s.name()) {
	case "service":
		if service := l.named(s.text()); service != nil {
			l.pick.Service = service.name
			return hasService
		}
	case "key":
		l.pick.Key = view(s.text())
		return hasKey
	case "exclude":
		for s.opens('['); s.more(']'); {
			if !l.exclude(s.text()) {
				return 0
			}
		}
		s.first = false
		return hasExclude
	case "bind":
		if lease {
			l.bind = view(s.text())
			return hasBind
		}
	case "ttl":
		if lease {
			l.ttl = view(s.text())
			return hasTTL
		}
	}
	return 0
}

// strictOutcome reads the body of an outcome.
func strictOutcome(body []byte) (outcome wire.Outcome, ok bool) {
	s := strict{rest: body}
	seen := 0
	for s.opens('{'); s.more('}'); {
		name := string(s.name())
		field := outcomeField(&outcome, name, s.word())
		if field == 0 || seen&field != 0 {
			return outcome, false
		}
		seen |= field
	}
	return outcome, s.ended()
}

// outcomeField sets one field of an outcome and says which; 0 when it is not plain.
func outcomeField(o *wire.Outcome, name string, value []byte) (field int) {
	switch name {
	case "success":
		yes := string(value) == "true"
		o.Success = &yes
		if yes || string(value) == "false" {
			return hasSuccess
		}
	case "latency_ms":
		if ms, ok := decimal(value); ok {
			o.LatencyMS = &ms
			return hasLatency
		}
	}
	return 0
}

// decimal reads a number in the form that JSON and forms have in common: no sign, no exponent, no
// leading zero, and few digits.
func decimal(b []byte) (float64, bool) {
	points := 0
	for _, c := range b {
		if c == '.' {
			points++
		} else if c < '0' || c > '9' {
			return 0, false
		}
	}
	n := len(b)
	if n == 0 || n > 18 || points > 1 || b[0] == '.' || b[n-1] == '.' || n > 1 && b[0] == '0' && b[1] != '.' {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil
}
