package state

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// readRecords reads all records. They have been found to be undamaged, but it would not do harm if they
// were: a record is no longer than what is left.
func readRecords(section *io.SectionReader) (State, error) {
	in := bufio.NewReaderSize(section, 64<<10)
	left := section.Size()
	var s State
	for first := true; left > 0; first = false {
		kind, body, n, err := readRecord(in, left)
		if err != nil {
			return State{}, err
		}
		left -= n
		if (kind == kindMeta) != first || !s.add(kind, &input{rest: body}) {
			return State{}, errMalformed
		}
	}
	if s.Meta.At.IsZero() {
		return State{}, errMalformed
	}
	return s, nil
}

// add takes over a record and says whether it made sense, to its last byte.
func (s *State) add(kind byte, in *input) bool {
	switch kind {
	case kindMeta:
		s.Meta = in.meta()
	case kindService:
		s.Services = append(s.Services, in.service())
	case kindLease:
		s.Leases = append(s.Leases, in.lease())
	default:
		return false
	}
	return !in.bad && in.rest == ""
}

// readRecord reads one record of at most that many bytes and returns how many it had.
func readRecord(in *bufio.Reader, left int64) (kind byte, body string, n int64, err error) {
	kind, err = in.ReadByte()
	if err != nil {
		return 0, "", 0, err
	}
	length, err := binary.ReadUvarint(in)
	if err != nil {
		return 0, "", 0, errMalformed
	}
	n = 1 + int64(uvarintBytes(length))
	if length > uint64(max(0, left-n)) {
		return 0, "", 0, errMalformed
	}
	var b strings.Builder
	b.Grow(int(length))
	if _, err := io.CopyN(&b, in, int64(length)); err != nil {
		return 0, "", 0, errors.Join(errMalformed, err)
	}
	return kind, b.String(), n + int64(length), nil
}

func uvarintBytes(n uint64) int {
	bytes := 1
	for ; n >= 0x80; n >>= 7 {
		bytes++
	}
	return bytes
}
