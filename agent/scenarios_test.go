package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// TestFaultScenarios plays what the testbed knows to do to an etcd and to a Consul, with an agent watching
// it and an application that goes on selecting; those that rows of the table play are left to them.
func TestFaultScenarios(t *testing.T) {
	var report table
	t.Run("etcd", func(t *testing.T) {
		for _, s := range testbed.EtcdScenarios() {
			scenario(t, s.Name, &report, func(t *trial) {
				world := s.Start(t)
				t.follow(world, etcdConfig(world))
				s.Play(world)
			})
		}
	})
	t.Run("consul", func(t *testing.T) {
		for _, s := range testbed.ConsulScenarios() {
			if s.Slow { // as long as a query waits; the provider's own tests play it with shorter waits
				continue
			}
			scenario(t, s.Name, &report, func(t *trial) {
				world := s.Start(t)
				t.follow(world, consulConfig(world))
				s.Play(world)
			})
		}
	})
	t.Logf("what happens to etcd and Consul, and the selects that went on meanwhile:\n%s", &report)
}

func scenario(t *testing.T, name string, report *table, do func(*trial)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		play(t, fault{name: name, play: do}, report)
	})
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

// watcher is an agent as a scenario sees it, under load.
type watcher struct {
	*running
	world *testbed.World
	load  *load
	seen  map[string][]string // what the agent was last known to have, by service
}

var _ testbed.HealthWatcher = (*watcher)(nil)

// follow starts an agent that watches the world, and a load that knows the world's truth: a select must
// not fail while the truth holds a backend that the agent has seen.
func (t *trial) follow(world *testbed.World, hcl string) *watcher {
	t.Helper()
	r := t.start(hcl)
	w := &watcher{running: r, world: world, load: t.load(r), seen: make(map[string][]string)}
	world.Watcher, world.Changed = w, w.judge
	return w
}

// judge tells the load what is to be expected of a service.
func (w *watcher) judge(service string) {
	w.world.Helper()
	if w.seen[service] == nil {
		return // nobody has asked for it yet
	}
	truth := w.world.Truth(service)
	w.load.tell(order{
		Service: service,
		Belongs: []string{"." + strings.ReplaceAll(service, "/", ".") + ".test:8080"},
		Require: slices.ContainsFunc(w.seen[service], func(a string) bool { return slices.Contains(truth, a) }),
	})
}

// Expect returns once the service has exactly these addresses.
func (w *watcher) Expect(service string, want ...string) {
	w.world.Helper()
	slices.Sort(want)
	w.await(service, fmt.Sprintf("has the backends %q", want), func(g wire.Group) bool {
		return slices.Equal(addressesOf(g), want)
	})
	w.seen[service] = append([]string{}, want...) // not nil: it was asked for
	w.judge(service)
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

// addressesOf lists the backends that are listed, which is not those that are held.
func addressesOf(g wire.Group) []string {
	list := []string{}
	for _, b := range g.Backends {
		if !b.Held {
			list = append(list, b.Address)
		}
	}
	slices.Sort(list)
	return list
}
