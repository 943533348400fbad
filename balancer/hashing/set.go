package hashing

// Set is a set of host indexes, a bit for each. A nil Set holds every host. Reading is safe for
// concurrent use while nobody changes the set.
type Set []uint64

// NewSet returns an empty set with room for so many hosts.
func NewSet(hosts int) Set { return make(Set, (hosts+63)/64) }

// Has reports whether the host is in the set.
func (s Set) Has(host uint32) bool {
	if s == nil {
		return true
	}
	word := int(host / 64)
	return word < len(s) && s[word]>>(host%64)&1 != 0
}

// Add puts a host that the set has room for into it.
func (s Set) Add(host uint32) { s[host/64] |= 1 << (host % 64) }

// Remove takes a host that the set has room for out of it.
func (s Set) Remove(host uint32) { s[host/64] &^= 1 << (host % 64) }
