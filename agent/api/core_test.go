package api_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/client/wire"
)

// memory is a core that keeps services in a map: enough to exercise every route. Some names have a
// meaning of their own, see magic.
type memory struct {
	hub *feed.Hub

	mu      sync.Mutex
	groups  map[string]*wire.Group
	turn    map[string]int
	still   bool // nobody takes turns
	index   uint64
	leases  map[string]uint64 // id to connection, 0 for a ttl lease
	reports []wire.Report
	ended   []wire.Outcome
	callers map[uint64]api.Caller // of the leases taken
	faults  error                 // of the next reload
	unready error
	closed  chan uint64   // connections that closed
	fast    atomic.Int64  // selections over the fast lane
	asked   chan uint64   // connections whose leases were counted
	entered chan struct{} // a select of "blocks" or a blocking read has begun
	release chan struct{} // lets those go on
}

// block waits, and gives the service to select from then; none when ctx ended.
func (m *memory) block(ctx context.Context) string {
	select {
	case <-m.release:
		return "owned"
	case <-ctx.Done():
		return ""
	}
}

func newMemory() *memory {
	m := &memory{
		groups: make(map[string]*wire.Group), turn: make(map[string]int), leases: make(map[string]uint64),
		callers: make(map[uint64]api.Caller), closed: make(chan uint64, 4096),
		asked: make(chan uint64, 4096), entered: make(chan struct{}, 4096), release: make(chan struct{}),
	}
	m.hub = feed.New(m)
	m.index = 1
	m.groups["owned"] = &wire.Group{
		Service: "owned", Strategy: "round_robin", Sources: []string{"static"}, Index: 1,
		Backends: []wire.Backend{m.backend(wire.BackendSpec{Address: "10.0.0.1:80"})},
	}
	return m
}

func (m *memory) core() api.Core {
	return api.Core{
		Selector: m, Leases: leases{m}, Fast: fast{m}, Connections: m, Reporter: m, Services: services{m}, Explainer: explainer{m}, Feed: feeds{m.hub, m.entered},
		Registry: m, Backends: m, Operations: m, Acceptor: m, Operator: m, Health: m,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			_, _ = w.Write([]byte("remora_up 1\n"))
		}),
	}
}

// magic makes services with some names fail as a core can.
func magic(service string) error {
	switch service {
	case "pending":
		return wire.NewProblem(wire.CodeNotReady, "the first snapshot of %q is on its way", service)
	case "keyed":
		return wire.NewProblem(wire.CodeKeyRequired, "the strategy of %q needs key=", service)
	case "full":
		return wire.NewProblem(wire.CodeOverLimit, "too many leases")
	case "broken":
		return errors.New("a secret that no client may see")
	case "panics":
		panic("a core that panics")
	}
	return nil
}

// change changes a group under the lock, and tells the feed.
func (m *memory) change(service string, change func(*wire.Group) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.groups[service]
	if !ok {
		return wire.NewProblem(wire.CodeUnknownService, "service %q is not known", service)
	}
	if err := change(g); err != nil {
		return err
	}
	m.publish(service)
	return nil
}

func (m *memory) publish(service string) {
	m.index++
	if g := m.groups[service]; g != nil {
		g.Index = m.index
		g.BackendCount, g.HealthyCount = len(g.Backends), 0
		for _, b := range g.Backends {
			if b.Healthy {
				g.HealthyCount++
			}
		}
	}
	m.hub.Changed(service)
}

func (m *memory) backend(spec wire.BackendSpec) wire.Backend {
	b := wire.Backend{
		Address: spec.Address, ID: spec.ID, Zone: spec.Zone, Tags: spec.Tags, Meta: spec.Meta, Weight: 1, Healthy: true,
		Verdicts: wire.Verdicts{Registry: "none", Active: "unknown", Passive: "unknown", Admin: "ready"},
	}
	if spec.Weight != nil {
		b.Weight = *spec.Weight
	}
	return b
}

// Group is the feed's source.
func (m *memory) Group(service string) (wire.Group, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.groups[service]
	if !ok {
		return wire.Group{}, false
	}
	out := *g
	out.Backends = slices.Clone(g.Backends)
	return out, true
}

func (m *memory) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(m.groups))
	for name := range m.groups {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (m *memory) Select(ctx context.Context, pick wire.Pick) (wire.Selection, error) {
	all, err := m.SelectMany(ctx, pick, 1)
	if err != nil {
		return wire.Selection{}, err
	}
	return all[0], nil
}

func (m *memory) SelectMany(ctx context.Context, pick wire.Pick, n int) ([]wire.Selection, error) {
	if err := magic(pick.Service); err != nil {
		return nil, err
	}
	if pick.Service == "blocks" {
		m.entered <- struct{}{}
		if err := fair.Pause(ctx, func() { pick.Service = m.block(ctx) }); err != nil || pick.Service == "" {
			return nil, ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.groups[pick.Service]
	if !ok {
		return nil, wire.NewProblem(wire.CodeUnknownService, "service %q is not known", pick.Service)
	}
	if len(g.Backends) == 0 {
		return nil, wire.NewProblem(wire.CodeNoBackends, "service %q has no backends", pick.Service)
	}
	var out []wire.Selection
	for i := range g.Backends {
		b := g.Backends[(m.turn[pick.Service]+i)%len(g.Backends)]
		if !b.Healthy || slices.Contains(pick.Exclude, b.Address) || len(out) == n {
			continue
		}
		host, port, _ := net.SplitHostPort(b.Address)
		number, _ := strconv.Atoi(port)
		out = append(out, wire.Selection{
			Service: pick.Service, Address: b.Address, Host: host, Port: number, ID: b.ID, Weight: b.Weight,
		})
	}
	if len(out) == 0 {
		return nil, wire.NewProblem(wire.CodeNoHealthyBackend, "no backend of %q is healthy", pick.Service)
	}
	if !m.still {
		m.turn[pick.Service]++
	}
	return out, nil
}

func (m *memory) Opened(uint64) {}

func (m *memory) Closed(conn uint64) {
	m.mu.Lock()
	for id, owner := range m.leases {
		if owner == conn {
			delete(m.leases, id)
		}
	}
	m.mu.Unlock()
	m.closed <- conn
}

func (m *memory) Held(conn uint64) (held int) {
	defer func() { m.asked <- conn }()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, owner := range m.leases {
		if owner == conn {
			held++
		}
	}
	return held
}

func (m *memory) Report(_ api.Caller, reports []wire.Report) error {
	for _, r := range reports {
		if err := m.change(r.Service, hasBackend(r.Address)); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reports = append(m.reports, reports...)
	return nil
}

func hasBackend(address string) func(*wire.Group) error {
	return onBackend(address, func(*wire.Backend) {})
}

// onBackend is a change of one backend.
func onBackend(address string, change func(*wire.Backend)) func(*wire.Group) error {
	return func(g *wire.Group) error {
		for i := range g.Backends {
			if b := &g.Backends[i]; b.Address == address {
				change(b)
				b.Healthy = b.Verdicts.Active != "failed" && b.Verdicts.Admin != "drain"
				return nil
			}
		}
		return wire.NewProblem(wire.CodeUnknownBackend, "service %q has no backend %s", g.Service, address)
	}
}

func (m *memory) Mark(_ context.Context, service, address string, healthy bool) error {
	verdict := "failed"
	if healthy {
		verdict = "ok"
	}
	return m.change(service, onBackend(address, func(b *wire.Backend) { b.Verdicts.Active = verdict }))
}

func (m *memory) Administer(_ context.Context, service, address, state string) error {
	return m.change(service, onBackend(address, func(b *wire.Backend) { b.Verdicts.Admin = state }))
}

// Accept sends away what is held.
func (m *memory) Accept(_ context.Context, service string) (wire.Accepted, error) {
	accepted := wire.Accepted{Service: service}
	return accepted, m.change(service, func(g *wire.Group) error {
		g.Backends = slices.DeleteFunc(g.Backends, func(b wire.Backend) bool {
			if b.Held {
				accepted.Removed = append(accepted.Removed, b.Address)
			}
			return b.Held
		})
		return nil
	})
}

func (m *memory) Agent(context.Context) (wire.AgentInfo, error) {
	return wire.AgentInfo{Version: "test", PID: 1}, nil
}

func (m *memory) Config(context.Context) (any, error) {
	return map[string]any{"log_level": "info", "password": "***"}, nil
}

func (m *memory) Reload(context.Context) (wire.ReloadResult, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return wire.ReloadResult{Changed: []string{"log_level"}}, m.faults
}

func (m *memory) Ready() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unready
}
