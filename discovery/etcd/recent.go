package etcd

import (
	"maps"
	"slices"

	"github.com/remora-agent/remora/discovery"
)

// recent gives equal tags and metadata of a service one place in memory. It remembers the last few
// only, which bounds its cost and still finds nearly all that services share.
type recent struct {
	tags [4][]string
	meta [4]map[string]string
	next [2]int
}

// share replaces the endpoint's tags and metadata by equal ones that were seen before.
func (r *recent) share(e *discovery.Endpoint) {
	if len(e.Tags) > 0 {
		e.Tags = reuse(&r.tags, &r.next[0], e.Tags, func(known []string) bool { return slices.Equal(known, e.Tags) })
	}
	if len(e.Meta) > 0 {
		e.Meta = reuse(&r.meta, &r.next[1], e.Meta, func(known map[string]string) bool { return maps.Equal(known, e.Meta) })
	}
}

func reuse[T any](seen *[4]T, next *int, value T, same func(T) bool) T {
	for _, known := range seen {
		if same(known) {
			return known
		}
	}
	seen[*next%len(seen)] = value
	*next++
	return value
}
