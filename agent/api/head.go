package api

import "bytes"

// verdict is what the fast lane thinks of a request.
type verdict uint8

const (
	partial verdict = iota // more of it must come before anything can be said
	odd                    // only net/http can say what it is and where it ends
	framed                 // something for net/http; where it ends is beyond doubt
	plain                  // there is nothing in it that the lane does not know
)

// head is a request up to its body, as the fast lane reads it.
type head struct {
	method []byte
	target []byte // path and query
	size   int    // bytes up to the body, the empty line included
	length int    // bytes of the body
	text   bool   // Accept asks for text/plain
}

// fields reads the header fields, which begin at that place.
func (h *head) fields(buf []byte, at int) (worst verdict) {
	f := fields{}
	worst = plain
	for {
		line, next, v := nextLine(buf, at)
		if v != plain {
			return v
		}
		at = next
		if len(line) == 0 {
			break
		}
		if worst = min(worst, f.field(h, line)); worst == odd {
			return odd
		}
	}
	if f.seen&seenHost == 0 {
		return odd
	}
	h.size = at
	return worst
}

// nextLine gives the line that begins at that place, without its end, and the place after it.
func nextLine(buf []byte, at int) (line []byte, next int, v verdict) {
	n := bytes.IndexByte(buf[at:], '\n')
	if n < 0 {
		return nil, at, partial
	}
	if n == 0 || buf[at+n-1] != '\r' {
		return nil, at, odd
	}
	line = buf[at : at+n-1]
	for _, c := range line {
		if c < ' ' || c > '~' {
			return nil, at, odd
		}
	}
	return line, at + n + 1, plain
}

// request reads the first line.
func (h *head) request(line []byte) bool {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	if string(version) != "HTTP/1.1" || len(target) == 0 || target[0] != '/' {
		return false
	}
	h.method, h.target = method, target
	switch string(method) {
	case "GET", "HEAD", "POST", "PUT", "DELETE":
		return true
	}
	return false
}

// fields is what the header fields so far say together.
type fields struct{ seen uint8 }

// Fields that may be there once.
const (
	seenHost = 1 << iota
	seenLength
	seenAccept
	seenConnection
)

// once notes a field that may be there once; a second one makes the request odd.
func (f *fields) once(field uint8, v verdict) verdict {
	if f.seen&field != 0 {
		return odd
	}
	f.seen |= field
	return v
}

// field reads one header field.
func (f *fields) field(h *head, line []byte) verdict {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !isToken(name) {
		return odd
	}
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	v := framed
	switch {
	case is(name, "host"):
		return f.once(seenHost, plainIf(isHost(value)))
	case is(name, "content-length"):
		if h.length, ok = number(value); !ok {
			return odd
		}
		return f.once(seenLength, plain)
	case is(name, "accept"):
		h.text = string(value) == "text/plain"
		known := h.text || string(value) == "*/*" || string(value) == "application/json"
		return max(f.once(seenAccept, plainIf(known)), framed) // twice is a list
	case is(name, "connection"):
		if !is(value, "keep-alive") {
			return odd
		}
		return f.once(seenConnection, plain)
	case is(name, "user-agent"), is(name, "accept-encoding"), is(name, "content-type"):
		v = plain
	case is(name, "transfer-encoding"), is(name, "expect"), is(name, "upgrade"), is(name, "trailer"):
		v = odd
	}
	return v
}

func plainIf(known bool) verdict {
	if known {
		return plain
	}
	return framed
}

// is compares ASCII with a text in lower case, whatever the case of the former.
func is(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func isToken(b []byte) bool { return allOf(b, inToken) }

func isHost(b []byte) bool { return allOf(b, inHost) }

// maxDigits keeps a Content-Length well inside an int.
const maxDigits = 9

func number(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > maxDigits {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}
