package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// consulConfig is a configuration that watches the world's Consul on demand.
func consulConfig(w *testbed.World) string {
	return fmt.Sprintf("provider \"consul\" \"main\" {\n  address = %q\n  services = [\"*\"]\n}\n", w.Endpoints[0])
}

// ExpectUsable returns once exactly these backends are healthy.
func (w *watcher) ExpectUsable(service string, want ...string) {
	w.world.Helper()
	slices.Sort(want)
	w.await(service, fmt.Sprintf("has the healthy backends %q", want), func(g wire.Group) bool {
		var healthy []string
		for _, b := range g.Backends {
			if b.Healthy {
				healthy = append(healthy, b.Address)
			}
		}
		slices.Sort(healthy)
		return slices.Equal(healthy, want)
	})
}

// register registers an instance in Consul.
func register(t *testing.T, c *testbed.Consul, r api.AgentServiceRegistration) {
	t.Helper()
	if err := c.Client().Agent().ServiceRegister(&r); err != nil {
		t.Fatal(err)
	}
}

// TestMaintenanceKeepsTheBackend puts an instance into maintenance and back while an application holds a
// lease on it.
func TestMaintenanceKeepsTheBackend(t *testing.T) {
	t.Parallel()
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	register(t, c, api.AgentServiceRegistration{ID: "web-1", Name: "web", Address: "10.0.0.1", Port: 80})
	r := start(t, fmt.Sprintf("provider \"consul\" \"main\" {\n  address = %q\n}\nservice \"web\" {\n  source \"main\" {}\n}\n", c.Servers[0].HTTP()))
	const address = "10.0.0.1:80"
	r.until("web", "it is there", func(g wire.Group) bool { return backend(g, address).Healthy })
	lease, err := r.Lease(r.ctx(), "web")
	r.check(err)
	defer func() { _ = lease.End(r.ctx(), wire.Outcome{}) }()
	agent := c.Client().Agent()
	for _, step := range []struct {
		what    string
		do      func() error
		verdict string
	}{
		{"service maintenance", func() error { return agent.EnableServiceMaintenance("web-1", "test") }, "maintenance"},
		{"its end", func() error { return agent.DisableServiceMaintenance("web-1") }, "passing"},
		{"node maintenance", func() error { return agent.EnableNodeMaintenance("test") }, "maintenance"},
		{"its end too", func() error { return agent.DisableNodeMaintenance() }, "passing"},
	} {
		r.check(step.do())
		g := r.until("web", step.what, func(g wire.Group) bool { return backend(g, address).Verdicts.Registry == step.verdict })
		if b := backend(g, address); b.ActiveConnections != 1 || b.Healthy != (step.verdict == "passing") {
			t.Errorf("after %s the backend is %+v, want it to keep its connection", step.what, b)
		}
	}
}

// TestTwoCatalogs has one service in Consul and in etcd, each of which goes away in turn.
func TestTwoCatalogs(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{Proxied: true}.Start(t)
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	proxy := testbed.StartProxy(t, c.Servers[0].HTTP())
	r := start(t, etcdConfig(world)+fmt.Sprintf(`
provider "consul" "second" {
  address = %q
}
service "web" {
  source "second" {}
  source "main" {}
}
`, proxy.Address()))
	expect := func(what string, stale bool, want ...string) wire.Group {
		t.Helper()
		slices.Sort(want)
		return r.until("web", what, func(g wire.Group) bool { return g.Stale == stale && slices.Equal(addressesOf(g), want) })
	}
	shared := world.Put("web", 1)
	host, _, _ := strings.Cut(shared, ":")
	critical := &api.AgentServiceCheck{CheckID: "shared", TTL: "1h", Status: api.HealthCritical}
	register(t, c, api.AgentServiceRegistration{
		ID: "shared", Name: "web", Address: host, Port: 8080, Weights: &api.AgentWeights{Passing: 7, Warning: 7}, Check: critical,
	})
	register(t, c, api.AgentServiceRegistration{ID: "only", Name: "web", Address: "only.consul", Port: 80})
	only := world.Put("web", 2)
	g := expect("both are merged", false, shared, only, "only.consul:80")
	if b := backend(g, shared); b.Weight != 7 || !b.Healthy {
		t.Errorf("the shared backend is %+v, want the weight of the first source, and alive because the second says so", b)
	}
	proxy.Cut()
	expect("Consul is away", true, shared, only, "only.consul:80")
	world.Delete("web", 2)
	expect("etcd still counts", true, shared, "only.consul:80")
	proxy.Resume(t)
	expect("Consul is back", false, shared, "only.consul:80")
	world.Proxy.Cut()
	expect("etcd is away", true, shared, "only.consul:80")
	must(t, c.Client().Agent().ServiceDeregister("only"))
	expect("Consul still counts", true, shared)
	world.Proxy.Resume(t)
	expect("etcd is back", false, shared)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestImportFromConsul holds both ways to import, with a glob, while services come and go.
func TestImportFromConsul(t *testing.T) {
	t.Parallel()
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	for _, mode := range []string{"on_demand", "all"} {
		t.Run(mode, func(t *testing.T) {
			name := func(s string) string { return mode + "-" + s }
			register(t, c, api.AgentServiceRegistration{ID: name("a"), Name: name("a"), Address: "a", Port: 80})
			r := start(t, fmt.Sprintf("provider \"consul\" \"main\" {\n  address = %q\n  services = [%q]\n  import = %q\n}\n",
				c.Servers[0].HTTP(), mode+"-*", mode))
			_, err := r.Select(r.ctx(), name("a"))
			r.check(err)
			if _, err := r.Select(r.ctx(), "consul"); code(err) != wire.CodeUnknownService {
				t.Errorf("select of a service outside the globs: %v", err)
			}
			register(t, c, api.AgentServiceRegistration{ID: name("b"), Name: name("b"), Address: "b", Port: 80})
			if mode == "all" {
				r.awaitServices(name("a"), name("b"))
			}
			_, err = r.Select(r.ctx(), name("b"))
			r.check(err)
			must(t, c.Client().Agent().ServiceDeregister(name("a")))
			r.until(name("a"), "it is empty", func(g wire.Group) bool { return g.BackendCount == 0 })
			_, err = r.Accept(r.ctx(), name("a"))
			r.check(err)
			if mode == "all" {
				r.awaitServices(name("b"))
			}
		})
	}
}

// awaitServices waits until the agent knows exactly these services.
func (r *running) awaitServices(want ...string) {
	r.t.Helper()
	seen := errors.New("seen")
	err := r.Watch(r.ctx(), nil, func(wire.Event) error {
		list, err := r.Services(r.ctx())
		if err == nil && slices.EqualFunc(list, want, func(s wire.ServiceSummary, name string) bool { return s.Name == name }) {
			return seen
		}
		return err
	})
	if !errors.Is(err, seen) {
		r.t.Fatalf("wait for the services %q: %v", want, err)
	}
}

// TestRevokedTokenIsSeen revokes the token: the service goes on, and operators can tell why it is stale
// from the status, from the metrics, and from one line of the log.
func TestRevokedTokenIsSeen(t *testing.T) {
	t.Parallel()
	c := testbed.StartConsul(t, testbed.ConsulConfig{ACLs: true})
	acl := c.Client().ACL()
	token, _, err := acl.TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{Name: "global-management"}}}, nil)
	must(t, err)
	register(t, c, api.AgentServiceRegistration{ID: "web", Name: "web", Address: "10.0.0.1", Port: 80})
	r := start(t, fmt.Sprintf("provider \"consul\" \"main\" {\n  address = %q\n  token = %q\n}\nservice \"web\" {\n  source \"main\" {}\n}\n",
		c.Servers[0].HTTP(), token.SecretID))
	r.until("web", "it is there", func(g wire.Group) bool { return g.BackendCount == 1 && !g.Stale })
	_, err = acl.TokenDelete(token.AccessorID, nil)
	must(t, err)
	r.until("web", "it is stale", func(g wire.Group) bool { return g.BackendCount == 1 && g.Stale })
	_, err = r.Select(r.ctx(), "web")
	r.check(err)
	info, err := r.Agent(r.ctx())
	r.check(err)
	i := slices.IndexFunc(info.Providers, func(p wire.ProviderInfo) bool { return p.Name == "main" })
	if p := info.Providers[i]; !p.Stale || !strings.Contains(p.LastError, "status 403: ACL not found") {
		t.Errorf("the status is %+v, want it stale and why", p)
	}
	text, err := r.Metrics(r.ctx())
	r.check(err)
	if !strings.Contains(text, `remora_provider_connections{provider="main",type="consul"} `) ||
		!strings.Contains(text, `remora_provider_delay_seconds{provider="main",type="consul"}`) {
		t.Errorf("the metrics don't say what the provider costs:\n%s", text)
	}
	if !strings.Contains(text, `remora_provider_stale{provider="main",type="consul"} 1`) ||
		!strings.Contains(text, `remora_service_stale{service="web"} 1`) {
		t.Errorf("the metrics don't say that it is stale:\n%s", text)
	}
	if lines := strings.Count(r.log.String(), "source became stale"); lines != 1 {
		t.Errorf("the log says so %d times, want once", lines)
	}
	if strings.Contains(r.log.String(), token.SecretID) {
		t.Error("the log holds the token")
	}
}
