package hashing

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestMinusLog(t *testing.T) {
	tests := []struct {
		name string
		hash uint64
		bits uint64 // of the result: every architecture must come to these
	}{
		{"u next to 1", math.MaxUint64, 0x3ca0000000000000},
		{"u next to 0", 0, 0x40425e4f7b2737fa},
		{"u about 1/2", 1 << 63, 0x3fe62e42fefa39ed},
		{"u about 0.707", 0xb504f333f9de6484, 0x3fd62e42fefa39ee},
		{"any", 0x9e3779b97f4a7c15, 0x3fdecc2caec5160b},
	}
	for _, test := range tests {
		if got := math.Float64bits(minusLog(toOne(test.hash))); got != test.bits {
			t.Errorf("%s: %#x is %v, want %#x", test.name, got, math.Float64frombits(got), test.bits)
		}
	}
}

func TestLogIsClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		distance := toOne(rapid.Uint64().Draw(t, "hash"))
		got, want := minusLog(distance), -math.Log1p(-distance)
		if got < distance || math.Abs(got-want) > 4e-16*want {
			t.Fatalf("-ln(1-%v) is %v, want %v", distance, got, want)
		}
	})
}
