package api

import (
	"bytes"
	"net/netip"
	"unsafe"

	"github.com/remora-agent/remora/client/wire"
)

// maxExclude is how many addresses the fast lane takes.
const maxExclude = 16

// scratch is memory that a lane uses again for each request. What it reads from a request points into
// the request, or into text, and is valid until the next.
type scratch struct {
	asked    asked
	memo     memo   // the header fields of a request before
	last     *named // the service that was named last; nil: none, or no name
	pick     wire.Pick
	bind     string // of a lease
	ttl      string
	text     []byte     // what was percent-encoded
	lease    wire.Lease // what was chosen
	served   []served   // services of a batch
	rendered []byte     // body of the answer
}

// view gives the bytes as a string without copying them; it changes when they do.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// reset begins a new pick.
func (s *scratch) reset() {
	s.pick = wire.Pick{Exclude: s.pick.Exclude[:0]}
	s.bind, s.ttl = "", ""
}

// exclude adds an address that is not wanted. Only an IP address in its canonical form is plain, since
// it need not be rewritten before it is compared.
func (s *scratch) exclude(address []byte) bool {
	var canonical [64]byte
	text := view(address)
	parsed, err := netip.ParseAddrPort(text)
	if err != nil || parsed.Port() == 0 || parsed.Addr().Zone() != "" || parsed.Addr().Is4In6() {
		return false
	}
	if len(s.pick.Exclude) == maxExclude || string(parsed.AppendTo(canonical[:0])) != text {
		return false
	}
	s.pick.Exclude = append(s.pick.Exclude, text)
	return true
}

// selectQuery is what the parameters of a select ask for besides the pick.
type selectQuery struct{ text bool }

// selectQuery reads key, exclude and format. A parameter with another name is not plain, nor is an
// empty one, and key and format may be there once.
func (l *lane) selectQuery(query []byte) (q selectQuery, ok bool) {
	l.reset()
	q.text = l.asked.head.text
	var key, format bool
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte("&"))
		name, raw, _ := bytes.Cut(pair, []byte("="))
		value, ok := l.unescape(raw, inQuery, ' ')
		if !ok {
			return q, false
		}
		switch string(name) {
		case "key":
			if key {
				return q, false
			}
			key, l.pick.Key = true, view(value)
		case "exclude":
			if !l.exclude(value) {
				return q, false
			}
		case "format":
			q.text = string(value) == "text"
			if format || !q.text && string(value) != "json" {
				return q, false
			}
			format = true
		default:
			return q, false
		}
	}
	return q, true
}

// unescape undoes percent-encoding, where plus stands for what '+' does. Bytes that do not belong to the
// class make it false.
func (s *scratch) unescape(b []byte, allowed class, plus byte) ([]byte, bool) {
	simple := true
	for _, c := range b {
		if c == '%' || c == '+' {
			simple = false
		} else if classes[c]&allowed == 0 {
			return nil, false
		}
	}
	if simple {
		return b, true
	}
	from := len(s.text)
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '+':
			s.text = append(s.text, plus)
		case '%':
			if i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) {
				return nil, false
			}
			s.text = append(s.text, unhex(b[i+1])<<4|unhex(b[i+2]))
			i += 2
		default:
			s.text = append(s.text, c)
		}
	}
	return s.text[from:], true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// queryOutcome reads success and latency_ms, each at most once and nothing else.
func queryOutcome(query []byte) (outcome wire.Outcome, ok bool) {
	seen := 0
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte("&"))
		name, value, _ := bytes.Cut(pair, []byte("="))
		field := outcomeField(&outcome, string(name), value)
		if field == 0 || seen&field != 0 {
			return outcome, false
		}
		seen |= field
	}
	return outcome, true
}
