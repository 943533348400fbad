package api

import (
	"hash/maphash"
	"sync/atomic"
)

// The names that a server keeps: at most eight megabytes, if all are of the longest.
const (
	nameSets = 1 << 13
	nameWays = 4
)

// names turns bytes into the names of services that have been asked for before, without allocating: a
// cache in which each hash has a few places. It takes no lock and may be used concurrently.
type names struct {
	seed maphash.Seed
	sets [nameSets][nameWays]atomic.Pointer[string]
}

func newNames() *names { return &names{seed: maphash.MakeSeed()} }

// of gives the name; false when it is none, see checkService.
func (n *names) of(b []byte) (string, bool) {
	hash := maphash.Bytes(n.seed, b)
	set := &n.sets[hash%nameSets]
	for i := range set {
		if known := set[i].Load(); known != nil && *known == string(b) {
			return *known, true
		}
	}
	name := string(b)
	if checkService(name) != nil {
		return "", false
	}
	set[hash/nameSets%nameWays].Store(&name)
	return name, true
}
