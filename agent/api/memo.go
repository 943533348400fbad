package api

import "bytes"

// memo remembers the header fields of the last two plain requests of a connection that had different
// ones. Clients send the same with each request of a kind, and the same bytes mean the same: they are
// compared, not read again.
type memo struct {
	known [2]known
	next  int // the place that is taken next
}

type known struct {
	lines  []byte // up to the empty line, which is the last; empty: nothing is remembered
	length int    // what they say, as in head
	text   bool
}

// memoBytes is how much is remembered at most of one.
const memoBytes = 512

// parse reads the head of the request that buf begins with. It knows one spelling of HTTP/1.1: lines
// end in CR LF, names and values are of visible ASCII with nothing but one optional space before a value,
// Host is there once, a body has a Content-Length, which is there once and a decimal number. A request
// in that spelling is framed, since whatever it asks for, no two readers of RFC 9112 can differ about
// where it ends. It is plain if its method and all of its header fields are on the short list below.
// Whatever is spelled in another way is odd, and so is what changes the framing: another version,
// Transfer-Encoding, Expect, Upgrade, and a Connection that is not keep-alive.
//
// Oddities are seen as soon as the line that has them is complete, since net/http may answer then.
func (m *memo) parse(buf []byte) (h head, v verdict) {
	line, at, v := nextLine(buf, 0)
	if v != plain {
		return h, v
	}
	if !h.request(line) {
		return h, odd
	}
	for i := range m.known {
		if k := &m.known[i]; len(k.lines) > 0 && bytes.HasPrefix(buf[at:], k.lines) {
			h.size, h.length, h.text = at+len(k.lines), k.length, k.text
			return h, plain
		}
	}
	if v = h.fields(buf, at); v == plain && h.size-at <= memoBytes {
		k := &m.known[m.next]
		k.lines, k.length, k.text = append(k.lines[:0], buf[at:h.size]...), h.length, h.text
		m.next = (m.next + 1) % len(m.known)
	}
	return h, v
}
