package feed_test

import (
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/client/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// catalog is a Source that tests change; every change raises the index, as the balancer does.
type catalog struct {
	hub *feed.Hub

	mu     sync.Mutex
	groups map[string]wire.Group
	index  uint64
}

func newCatalog() *catalog {
	c := &catalog{groups: make(map[string]wire.Group)}
	c.hub = feed.New(c)
	return c
}

func (c *catalog) Group(service string) (wire.Group, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.groups[service]
	g.Backends = slices.Clone(g.Backends)
	return g, ok
}

func (c *catalog) Names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, 0, len(c.groups))
	for name := range c.groups {
		names = append(names, name)
	}
	return names
}

// set gives a service these backends, and returns its index.
func (c *catalog) set(service string, backends ...wire.Backend) uint64 {
	return c.change(service, func(g *wire.Group) { g.Backends = backends })
}

func (c *catalog) change(service string, change func(*wire.Group)) uint64 {
	c.mu.Lock()
	g := c.groups[service]
	g.Service, g.Strategy, g.Sources = service, "round_robin", []string{"api"}
	change(&g)
	c.index++
	g.Index = c.index
	c.groups[service] = g
	c.mu.Unlock()
	c.hub.Changed(service)
	return g.Index
}

func (c *catalog) remove(service string) {
	c.mu.Lock()
	delete(c.groups, service)
	c.mu.Unlock()
	c.hub.Changed(service)
}

func backend(address string) wire.Backend {
	return wire.Backend{
		Address: address, Healthy: true, Weight: 1,
		Verdicts: wire.Verdicts{Registry: "none", Active: "unknown", Passive: "unknown", Admin: "ready"},
	}
}

func sick(address string) wire.Backend {
	b := backend(address)
	b.Healthy, b.Verdicts.Active = false, "failed"
	return b
}

func heavy(address string) wire.Backend {
	b := backend(address)
	b.Weight = 9
	return b
}
