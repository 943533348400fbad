package api

import (
	"hash/maphash"
	"sync/atomic"
)

// The services that a server keeps: at most 32 megabytes of them, if all have the longest names. A set
// is a line of the CPU's cache.
const (
	nameSets = 1 << 13
	nameWays = 8
)

// names turns bytes into services that have been asked for before, without allocating: a cache in which
// each hash has a few places. It takes no lock and may be used concurrently.
type names struct {
	fast Fast
	seed maphash.Seed
	sets [nameSets][nameWays]atomic.Pointer[named]
}

// named is a service by its name. It does not change.
type named struct {
	name string
	FastService
}

func newNames(fast Fast) *names { return &names{fast: fast, seed: maphash.MakeSeed()} }

// of gives the service; nil when the bytes are no name, see checkService.
func (n *names) of(b []byte) *named {
	hash := maphash.Bytes(n.seed, b)
	set := &n.sets[hash%nameSets]
	place := &set[hash/nameSets%nameWays] // where all are taken
	for i := range set {
		known := set[i].Load()
		if known == nil { // and so are those after it
			place = &set[i]
			break
		}
		if known.name == string(b) {
			return known
		}
	}
	name := string(b)
	if checkService(name) != nil {
		return nil
	}
	service := &named{name, n.fast.Service(name)}
	place.Store(service)
	return service
}
