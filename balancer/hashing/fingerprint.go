package hashing

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// fingerprint sums up what determines a table. Texts come with their length, so that no two tables
// write the same bytes.
type fingerprint struct {
	digest *xxhash.Digest
	buffer []byte
}

func newFingerprint(kind string) *fingerprint {
	f := &fingerprint{digest: xxhash.New()}
	f.text(kind)
	return f
}

func (f *fingerprint) text(s string) {
	f.number(uint64(len(s)))
	_, _ = f.digest.WriteString(s) // it never fails
}

func (f *fingerprint) number(n uint64) {
	f.buffer = binary.LittleEndian.AppendUint64(f.buffer[:0], n)
	_, _ = f.digest.Write(f.buffer)
}

// each adds the members and a number for each of them.
func (f *fingerprint) each(members []member, numbers []uint32) {
	for i := range members {
		f.text(members[i].address)
		f.number(uint64(numbers[i]))
	}
}

func (f *fingerprint) sum() uint64 { return f.digest.Sum64() }
