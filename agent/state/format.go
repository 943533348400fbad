package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Version is that of the form of the records. A change of it needs a new one; what another version wrote
// is set aside and not read.
const Version = 1

// header is what a file begins with, in little endian:
//
//	0   8  magic
//	8   4  version
//	12  8  length of the records in bytes
//	20  4  CRC32C of the records
//	24  4  CRC32C of the header up to here
type header struct {
	version uint32
	length  uint64
	sum     uint32
}

const (
	magic       = "REMORA\x1a\n"
	headerBytes = 28
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (h header) encode() []byte {
	b := make([]byte, 0, headerBytes)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, h.version)
	b = binary.LittleEndian.AppendUint64(b, h.length)
	b = binary.LittleEndian.AppendUint32(b, h.sum)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// The ways in which a file can be of no use.
var (
	errNoState  = errors.New("it does not begin as a state file does")
	errShort    = errors.New("it is not complete")
	errChecksum = errors.New("its checksum is wrong")
)

// parseHeader reads the header of a file of that size. The version is looked at last: so a damaged header
// is not taken for one from the future.
func parseHeader(b []byte, size int64) (header, error) {
	switch {
	case len(b) < headerBytes:
		return header{}, errShort
	case string(b[:8]) != magic:
		return header{}, errNoState
	case binary.LittleEndian.Uint32(b[24:]) != crc32.Checksum(b[:24], castagnoli):
		return header{}, errChecksum
	}
	h := header{
		version: binary.LittleEndian.Uint32(b[8:]),
		length:  binary.LittleEndian.Uint64(b[12:]),
		sum:     binary.LittleEndian.Uint32(b[20:]),
	}
	if h.version != Version {
		return header{}, fmt.Errorf("it is of version %d, and this agent reads version %d: another version of the agent wrote it", h.version, Version)
	}
	if h.length != uint64(size)-headerBytes {
		return header{}, errShort
	}
	return h, nil
}

// read reads a file of that size: once to see that it is whole, and once more, record by record, for what
// it says. The memory that it takes is that of the largest record and of the result.
func read(r io.ReaderAt, size int64) (State, error) {
	b := make([]byte, headerBytes)
	if n, err := r.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return State{}, err
	} else if n < headerBytes {
		return State{}, errShort
	}
	h, err := parseHeader(b, size)
	if err != nil {
		return State{}, err
	}
	sum := crc32.New(castagnoli)
	if _, err := io.CopyBuffer(sum, io.NewSectionReader(r, headerBytes, int64(h.length)), make([]byte, 64<<10)); err != nil {
		return State{}, err
	}
	if sum.Sum32() != h.sum {
		return State{}, errChecksum
	}
	return readRecords(io.NewSectionReader(r, headerBytes, int64(h.length)))
}
