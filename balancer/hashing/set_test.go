package hashing

import "testing"

func TestSet(t *testing.T) {
	s := NewSet(130)
	for _, host := range []uint32{0, 63, 64, 129} {
		if s.Has(host) {
			t.Errorf("a new set has %d", host)
		}
		s.Add(host)
		if !s.Has(host) {
			t.Errorf("%d was added and is not there", host)
		}
	}
	s.Remove(64)
	if s.Has(64) || !s.Has(63) || !s.Has(129) {
		t.Error("removing one host changed others, or did not remove it")
	}
	if s.Has(1_000_000) {
		t.Error("a host beyond the set is in it")
	}
	if !Set(nil).Has(1_000_000) {
		t.Error("a nil set does not have every host")
	}
}
