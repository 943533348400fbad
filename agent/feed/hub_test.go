package feed

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/remora-agent/remora/client/wire"
)

// fixed is a Source of n services that never change.
type fixed int

func (n fixed) Names() []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("service-%d", i)
	}
	return names
}

func (n fixed) Group(service string) (wire.Group, bool) {
	return wire.Group{Service: service, Index: 1, Backends: make([]wire.Backend, 8)}, true
}

func TestFollowersLeaveNothingBehind(t *testing.T) {
	h := New(fixed(3))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for _, services := range [][]string{nil, {"a"}, {"a", "b", "a"}} {
				f := h.follow(services)
				h.markAll(f)
				h.Changed("a")
				for _, c := range h.take(f) {
					h.bases.intern(&wire.Group{Service: c.service})
				}
				h.leave(f)
			}
		})
	}
	wg.Wait()
	if len(h.all)+len(h.named)+len(h.bases.views) != 0 {
		t.Errorf("left behind: %d that follow all, %d by name, %d views", len(h.all), len(h.named), len(h.bases.views))
	}
}

func TestStreamsShareWhatTheyTold(t *testing.T) {
	h := New(fixed(1))
	one, _ := h.present("service-0")
	two, _ := h.present("service-0")
	first := h.bases.intern(&one)
	if second := h.bases.intern(&two); second != first {
		t.Error("two equal views were kept as two copies")
	}
	changed, _ := h.present("service-0")
	changed.Backends[3].Healthy = true
	if third := h.bases.intern(&changed); third == first {
		t.Error("a view that differs was taken for the one before, with the same index")
	}
	runtime.KeepAlive(first)
}

// What a change costs depends on who follows that service, not on who follows others.
func BenchmarkChanged(b *testing.B) {
	for _, others := range []int{0, 1000, 100000} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			h := New(fixed(others))
			for _, name := range h.source.Names() {
				h.follow([]string{name})
			}
			mine := h.follow([]string{"mine"})
			b.ReportAllocs()
			for b.Loop() {
				h.Changed("mine")
			}
			h.leave(mine)
		})
	}
}
