package lease

import (
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
)

// ids makes ids that nobody can guess: 128 bits of ChaCha8 with a key from the operating system, which is
// asked for one once and not for each lease. It is not safe for concurrent use.
type ids struct{ source *mathrand.ChaCha8 }

func newIDs() ids {
	var key [32]byte
	_, _ = rand.Read(key[:]) // it never fails
	return ids{mathrand.NewChaCha8(key)}
}

// alphabet is that of base 32 in RFC 4648.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// idLength is how many letters 128 bits take.
const idLength = 26

func (s ids) next() string {
	var random [16]byte
	binary.LittleEndian.PutUint64(random[:8], s.source.Uint64())
	binary.LittleEndian.PutUint64(random[8:], s.source.Uint64())
	var text [idLength]byte
	bits, have := uint(0), 0
	at := 0
	for _, b := range random {
		bits, have = bits<<8|uint(b), have+8
		for ; have >= 5; have -= 5 {
			text[at] = alphabet[bits>>(have-5)&31]
			at++
		}
	}
	text[at] = alphabet[bits<<(5-have)&31]
	return string(text[:])
}
