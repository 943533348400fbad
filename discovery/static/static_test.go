package static_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/static"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink keeps what is published.
type sink struct {
	mu        sync.Mutex
	snapshots []discovery.Snapshot
}

func (s *sink) Publish(snapshot discovery.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshots = append(s.snapshots, snapshot)
}

func (s *sink) Heard(error) {}

// last returns the addresses that were published last, and how often something was.
func (s *sink) last() (addresses []string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.snapshots) == 0 {
		return nil, 0
	}
	for _, e := range s.snapshots[len(s.snapshots)-1].Endpoints {
		addresses = append(addresses, e.Address)
	}
	return addresses, len(s.snapshots)
}

func (s *sink) wants(t *testing.T, times int, addresses ...string) {
	t.Helper()
	if got, n := s.last(); !slices.Equal(got, addresses) || n != times {
		t.Errorf("published %d times, last %v, want %d times and %v", n, got, times, addresses)
	}
}

func lists(service string, addresses ...string) map[string][]discovery.Endpoint {
	endpoints := make([]discovery.Endpoint, 0, len(addresses))
	for _, address := range addresses {
		endpoints = append(endpoints, discovery.Endpoint{Address: address, Weight: 1, Tags: []string{address}})
	}
	return map[string][]discovery.Endpoint{service: endpoints}
}

func TestSetPublishes(t *testing.T) {
	p, got := static.New(), &sink{}
	detach := p.Attach(discovery.Query{Name: "web"}, got)
	got.wants(t, 0)
	p.Set(lists("web", "10.0.0.1:80", "WEB:80", "bad"))
	got.wants(t, 1, "10.0.0.1:80", "web:80")
	if dropped := got.snapshots[0].Dropped; len(dropped) != 1 {
		t.Errorf("dropped %v", dropped)
	}
	p.Set(lists("web"))
	got.wants(t, 2) // an empty list is an answer
	p.Set(lists("db", "10.0.0.2:80"))
	got.wants(t, 2) // a missing one is not
	detach()
	p.Set(lists("web", "10.0.0.1:80"))
	got.wants(t, 2)
}

func TestAttachPublishesAtOnce(t *testing.T) {
	p := static.New()
	p.Set(lists("web", "a:1", "b:1"))
	var all, one, other sink
	defer p.Attach(discovery.Query{Name: "web"}, &all)()
	defer p.Attach(discovery.Query{Name: "web", Tags: []string{"b:1"}}, &one)()
	defer p.Attach(discovery.Query{Name: "db"}, &other)()
	all.wants(t, 1, "a:1", "b:1")
	one.wants(t, 1, "b:1")
	other.wants(t, 0)
}

func TestWatchLastsAsLongAsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, got := static.New(), &sink{}
		p.Set(lists("web", "a:1"))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Watch(ctx, discovery.Query{Name: "web"}, got) }()
		synctest.Wait()
		p.Set(lists("web", "b:1"))
		got.wants(t, 2, "b:1")
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch returned %v", err)
		}
		p.Set(lists("web", "c:1"))
		got.wants(t, 2, "b:1")
	})
}

// Sets and attaches that cross never leave a watch with an old list.
func TestConcurrentUse(t *testing.T) {
	p := static.New()
	var sinks [8]sink
	var group sync.WaitGroup
	for i := range sinks {
		group.Go(func() { p.Attach(discovery.Query{Name: "web"}, &sinks[i]) })
		group.Go(func() { p.Set(lists("web", "old:1")) })
	}
	group.Wait()
	p.Set(lists("web", "new:1"))
	for i := range sinks {
		if got, _ := sinks[i].last(); !slices.Equal(got, []string{"new:1"}) {
			t.Errorf("sink %d has %v", i, got)
		}
	}
}
