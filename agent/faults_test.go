package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// TestFaults plays everything that the testbed knows to do to an etcd and to a Consul, with an agent
// watching it and an application that goes on selecting. No select may fail while the truth holds a
// backend that the agent has seen, and none may name a backend of another service.
func TestFaults(t *testing.T) {
	var report table
	t.Run("etcd", func(t *testing.T) {
		for _, scenario := range testbed.EtcdScenarios() {
			t.Run(scenario.Name, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				world := scenario.Start(t)
				w := &watcher{running: start(t, etcdConfig(world)), world: world, seen: make(map[string][]string)}
				world.Watcher = w
				stop := w.selectOn()
				scenario.Play(world)
				stop()
				report.add("etcd: "+scenario.Name, w, time.Since(began))
			})
		}
	})
	t.Run("consul", func(t *testing.T) { playConsul(t, &report) })
	t.Logf("faults of etcd and Consul, and the selects that went on meanwhile:\n%s", report.String())
}

// etcdConfig is a configuration that watches the world's etcd on demand.
func etcdConfig(w *testbed.World) string {
	var b strings.Builder
	fmt.Fprintf(&b, "provider \"etcd\" \"main\" {\n  endpoints = [%s]\n", quoted(w.Endpoints))
	fmt.Fprintf(&b, "  prefix = %q\n  services = [\"*\"]\n", w.Prefix)
	if w.User != "" {
		fmt.Fprintf(&b, "  username = %q\n  password = %q\n", w.User, w.Password)
	}
	if w.CA != nil {
		fmt.Fprintf(&b, "  tls {\n    ca_file = %q\n    cert_file = %q\n    key_file = %q\n  }\n", w.CA.File, w.Pair.CertFile, w.Pair.KeyFile)
	}
	b.WriteString("}\n")
	return b.String()
}

func quoted(texts []string) string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(list, ", ")
}

// watcher is an agent as a scenario sees it.
type watcher struct {
	*running
	world *testbed.World

	mu      sync.Mutex
	seen    map[string][]string // what the agent was last known to have, by service
	selects int
	lost    int
}

var _ testbed.Watcher = (*watcher)(nil)

// Expect returns once the service has exactly these addresses.
func (w *watcher) Expect(service string, want ...string) {
	w.world.Helper()
	slices.Sort(want)
	w.await(service, fmt.Sprintf("has the backends %q", want), func(g wire.Group) bool {
		return slices.Equal(addressesOf(g), want)
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[service] = want
}

// ExpectStale returns once the service counts as stale, or as fresh.
func (w *watcher) ExpectStale(service string, stale bool) {
	w.world.Helper()
	w.await(service, fmt.Sprintf("is stale: %v", stale), func(g wire.Group) bool { return g.Stale == stale })
}

// await asks until ok holds of the service. One that is unknown or on its way has no backends.
func (w *watcher) await(service, what string, ok func(wire.Group) bool) {
	w.world.Helper()
	ctx, cancel := context.WithTimeout(w.world.Context(), 2*guard)
	defer cancel()
	group, err := wire.Group{}, error(nil)
	for ctx.Err() == nil {
		wait := time.Second
		if code(err) != "" {
			wait = 0
		}
		group, err = w.GroupAfter(ctx, service, group.Index, wait)
		if c := code(err); err != nil && c != wire.CodeUnknownService && c != wire.CodeNotReady {
			w.world.Fatalf("wait until %s %s: %v", service, what, err)
		}
		if ok(group) {
			return
		}
	}
	w.world.Fatalf("waited too long until %s %s; it is %+v, %v", service, what, group, err)
}

func addressesOf(g wire.Group) []string {
	list := make([]string, len(g.Backends))
	for i, b := range g.Backends {
		list[i] = b.Address
	}
	slices.Sort(list)
	return list
}

// selectOn selects from the services that were seen, over and over, until the function it returns is
// called.
func (w *watcher) selectOn() (stop func()) {
	ctx, cancel := context.WithCancel(w.world.Context())
	application := client.New(w.socket)
	var selecting sync.WaitGroup
	selecting.Go(func() {
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-pace.C:
				w.selectAll(ctx, application)
			}
		}
	})
	return func() {
		cancel()
		selecting.Wait()
		application.Close()
	}
}

// certain gives the services that must have a backend: one that the truth holds and the agent had.
func (w *watcher) certain() map[string][]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	must := make(map[string][]string)
	for service, seen := range w.seen {
		truth := w.world.Truth(service)
		if slices.ContainsFunc(seen, func(a string) bool { return slices.Contains(truth, a) }) {
			must[service] = truth
		}
		if len(must) == 3 {
			break // enough for one round
		}
	}
	return must
}

func (w *watcher) selectAll(ctx context.Context, application *client.Client) {
	for service := range w.certain() {
		s, err := application.Select(ctx, service)
		if ctx.Err() != nil {
			return
		}
		_, still := w.certain()[service]
		w.mu.Lock()
		w.selects++
		if err != nil && still {
			w.lost++
			w.t.Errorf("select of %s: %v", service, err)
		}
		w.mu.Unlock()
		if err == nil && !strings.HasSuffix(s.Address, "."+strings.ReplaceAll(service, "/", ".")+".test:8080") {
			w.t.Errorf("select of %s gave %s of another service", service, s.Address)
		}
	}
}

// table is what came of the scenarios.
type table struct {
	mu   sync.Mutex
	rows []string
}

func (r *table) add(name string, w *watcher, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, fmt.Sprintf("%s\t%d\t%d\t%.1f s", name, w.selects, w.lost, took.Seconds()))
}

func (r *table) String() string {
	var b strings.Builder
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "scenario\tselects\tlost\ttook")
	slices.Sort(r.rows)
	for _, row := range r.rows {
		fmt.Fprintln(out, row)
	}
	_ = out.Flush()
	return b.String()
}
