package main

import (
	"context"
	"fmt"
	"testing"
)

// part is one catalog, with all who watch it.
type part struct {
	name, title string
	services    int // in the catalog; the agent watches all of them
	start       func(testing.TB) catalog
	template    bool // consul-template watches too
}

// written is how many services are written to, in turn. The agent follows ten changes of one service at
// once and then five a second (docs/decisions/0022); so many services stay far below that.
const written = 20

// catalog is what is written to and watched.
type catalog interface {
	// fill gives each service a backend.
	fill(ctx context.Context, services []string) error
	// put gives the service another backend in the place of the one it has. It returns once the catalog
	// has acknowledged that.
	put(ctx context.Context, service, address string) error
	// provider is the catalog as a block of the agent's configuration.
	provider() string
	// bare is a client that only watches these services.
	bare(services []string) plan
}

func serviceName(i int) string { return fmt.Sprintf("svc-%04d", i) }

func serviceNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = serviceName(i)
	}
	return names
}

// measure starts everything and writes.
func (p part) measure(t testing.TB, s settings) [][]write {
	t.Helper()
	c := p.start(t)
	check(t, "fill the catalog", c.fill(t.Context(), serviceNames(p.services)))
	services := serviceNames(written)
	r := &writing{catalog: c, services: services, rounds: s.rounds, writes: s.writes}
	r.add(startWatcher(t, watcherNames[0], c.bare(services)))
	r.add(startWatcher(t, watcherNames[1], c.bare(services)))
	socket := startAgent(t, s.agent, c, p.services)
	r.add(startWatcher(t, watcherNames[agentRow], plan{Kind: kindSelect, Address: socket}))
	if p.template {
		r.writes = max(1, s.writes/5) // what it takes is milliseconds, which show in fewer
		file := startTemplate(t, s.template, c.bare(services).Address, services)
		r.add(startWatcher(t, watcherNames[3], plan{Kind: kindFile, Address: file}))
	}
	writes, err := r.run(t.Context())
	check(t, "write", err)
	return writes
}

// check ends the part on an error.
func check(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
