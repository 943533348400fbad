package state

import (
	"encoding/binary"
	"errors"
	"time"
)

// errMalformed is all that is said of records that make no sense: their checksum was right, so a person
// could not mend them.
var errMalformed = errors.New("its contents make no sense")

// output appends values to a buffer. A number is a varint, a text its length and bytes, a list its length
// and items, and what may be missing a bit and itself.
type output struct{ b []byte }

func (o *output) number(n uint64)         { o.b = binary.AppendUvarint(o.b, n) }
func (o *output) count(n int)             { o.number(uint64(max(n, 0))) }
func (o *output) span(d time.Duration)    { o.number(uint64(max(d, 0))) }
func (o *output) flag(is bool) (was bool) { o.b = append(o.b, bit(is)); return is }

func (o *output) text(s string) {
	o.count(len(s))
	o.b = append(o.b, s...)
}

func (o *output) texts(list []string) {
	o.count(len(list))
	for _, s := range list {
		o.text(s)
	}
}

func bit(is bool) byte {
	if is {
		return 1
	}
	return 0
}

// input reads what output wrote. After the first value that makes no sense, all values are zero and lists
// empty. Texts are parts of what is read, so that a list of them costs no memory of its own.
type input struct {
	rest string
	bad  bool
}

func (in *input) fail() {
	in.rest, in.bad = "", true
}

func (in *input) byte() byte {
	if in.rest == "" {
		in.fail()
		return 0
	}
	b := in.rest[0]
	in.rest = in.rest[1:]
	return b
}

// number takes only the shortest form, so that each value is written in one way.
func (in *input) number() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := in.byte()
		if shift == 63 && b > 1 || shift > 0 && b == 0 {
			break
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	in.fail()
	return 0
}

// upTo is a number that is no higher than a limit.
func (in *input) upTo(limit uint64) uint64 {
	n := in.number()
	if n > limit {
		in.fail()
		return 0
	}
	return n
}

func (in *input) span() time.Duration { return time.Duration(in.upTo(uint64(longest))) }
func (in *input) small() int          { return int(in.upTo(1 << 30)) }
func (in *input) flag() bool {
	b := in.byte()
	if b > 1 {
		in.fail()
	}
	return b == 1
}

func (in *input) text() string {
	n := in.number()
	if n > uint64(len(in.rest)) { // what is left after the number
		in.fail()
	}
	if in.bad {
		return ""
	}
	s := in.rest[:n]
	in.rest = in.rest[n:]
	return s
}

// length is how many items of a list follow, each of which takes that many bytes at least: so nobody
// makes room for more than there can be.
func (in *input) length(least int) int {
	n := in.number()
	if n > uint64(len(in.rest)/least) {
		in.fail()
		return 0
	}
	return int(n)
}

func (in *input) texts() []string {
	n := in.length(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = in.text()
	}
	return list
}
