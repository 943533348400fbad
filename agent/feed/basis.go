package feed

import (
	"sync"
	"weak"

	"github.com/remora-agent/remora/client/wire"
)

// bases keeps what streams told last, which is what their next difference is reckoned from. Streams
// that told the same view share one copy, so that memory grows with the catalog and not with the
// catalog times the streams. Views are held weakly: one that no stream needs any more is collected.
type bases struct {
	mu    sync.Mutex
	views map[string]weak.Pointer[wire.Group] // by service; a shared group is never written to
}

// intern returns a group that a difference can't tell from the given one, shared where possible.
func (b *bases) intern(group *wire.Group) *wire.Group {
	b.mu.Lock()
	kept := b.views[group.Service].Value()
	b.mu.Unlock()
	if kept != nil && kept.Index == group.Index && sameGroup(kept, group) {
		return kept
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.views[group.Service] = weak.Make(group)
	return group
}

// drop forgets a service that is gone.
func (b *bases) drop(service string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.views, service)
}

// dropAll forgets everything; the last stream has ended.
func (b *bases) dropAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.views)
}
