package etcd

import "testing"

// Pages come to between half a megabyte and two, whatever the size of a key, and one key at least.
func TestPagesFit(t *testing.T) {
	for _, each := range []int{20, 100, 1000, 64 << 10, 10 << 20} {
		size, keys, pages := 1000, 1_000_000, 0
		for ; keys > 0; pages++ {
			n := min(size, keys)
			keys -= n
			size = nextSize(size, n*each)
		}
		if most := 40 + 1_000_000*each/smallPage; pages > most {
			t.Errorf("a million keys of %d bytes take %d pages, want at most %d", each, pages, most)
		}
		if size < 1 || size > 1 && size*each > 2*largePage {
			t.Errorf("with keys of %d bytes a page holds %d of them", each, size)
		}
	}
}
