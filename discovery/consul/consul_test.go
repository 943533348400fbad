package consul

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/internal/testbed"
)

// start starts a Consul in development mode and a provider that watches it.
func start(t *testing.T, config testbed.ConsulConfig) (*testbed.Consul, *watching) {
	t.Helper()
	c := testbed.StartConsul(t, config)
	return c, startProvider(t, impatient(c.Servers[0].HTTP()))
}

// register registers an instance on the agent that the test talks to.
func register(t *testing.T, c *testbed.Consul, r api.AgentServiceRegistration) {
	t.Helper()
	if err := c.Client().Agent().ServiceRegister(&r); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLifeOfAnInstance walks one instance through everything that can happen to it.
func TestLifeOfAnInstance(t *testing.T) {
	t.Parallel()
	c, w := start(t, testbed.ConsulConfig{})
	agent := c.Client().Agent()
	web := api.AgentServiceRegistration{
		ID: "web-1", Name: "web", Address: "10.0.0.1", Port: 80,
		Weights: &api.AgentWeights{Passing: 10, Warning: 3},
		Check:   &api.AgentServiceCheck{CheckID: "alive", TTL: "1h", Status: api.HealthPassing},
	}
	sink := w.sink("web")
	sink.awaitAddresses(t)
	register(t, c, web)
	e := sink.awaitOne(t, "registered", func(e discovery.Endpoint) bool { return e.Address == "10.0.0.1:80" })
	if e.Status != discovery.StatusPassing || e.Weight != 10 || e.ID != "web-1" {
		t.Errorf("got %+v, want it passing with weight 10", e)
	}
	status := func(what string, want discovery.Status, weight int) {
		t.Helper()
		sink.awaitOne(t, what, func(e discovery.Endpoint) bool { return e.Status == want && e.Weight == weight })
	}
	must(t, agent.UpdateTTL("alive", "", api.HealthWarning))
	status("warning", discovery.StatusWarning, 3)
	must(t, agent.UpdateTTL("alive", "", api.HealthCritical))
	status("critical", discovery.StatusCritical, 10)
	must(t, agent.UpdateTTL("alive", "", api.HealthPassing))
	status("passing", discovery.StatusPassing, 10)
	must(t, agent.EnableServiceMaintenance("web-1", "test"))
	status("service maintenance", discovery.StatusMaintenance, 10)
	must(t, agent.DisableServiceMaintenance("web-1"))
	status("end of service maintenance", discovery.StatusPassing, 10)
	must(t, agent.EnableNodeMaintenance("test"))
	status("node maintenance", discovery.StatusMaintenance, 10)
	must(t, agent.DisableNodeMaintenance())
	status("end of node maintenance", discovery.StatusPassing, 10)

	change := func(what string, edit func(), ok func(discovery.Endpoint) bool) {
		t.Helper()
		edit()
		register(t, c, web)
		sink.awaitOne(t, what, ok)
	}
	change("weight", func() { web.Weights.Passing = 20 }, func(e discovery.Endpoint) bool { return e.Weight == 20 })
	change("tags", func() { web.Tags = []string{"v2", "eu"} }, func(e discovery.Endpoint) bool { return len(e.Tags) == 2 })
	change("meta", func() { web.Meta = map[string]string{"zone": "b"} }, func(e discovery.Endpoint) bool { return e.Zone == "b" && e.Meta["zone"] == "b" })
	change("tagged addresses", func() {
		web.TaggedAddresses = map[string]api.ServiceAddress{"wan": {Address: "192.0.2.1", Port: 99}}
		web.Port = 81
	}, func(e discovery.Endpoint) bool { return e.Address == "10.0.0.1:81" })
	change("address", func() { web.Address = "2001:DB8::1" }, func(e discovery.Endpoint) bool { return e.Address == "[2001:db8::1]:81" })
	change("no address", func() { web.Address = "" }, func(e discovery.Endpoint) bool { return e.Address == "127.0.0.1:81" })
	must(t, agent.ServiceDeregister("web-1"))
	sink.awaitAddresses(t)
}

// TestManyKindsOfInstances registers what a catalog may hold beside the plain.
func TestManyKindsOfInstances(t *testing.T) {
	t.Parallel()
	c, w := start(t, testbed.ConsulConfig{})
	for _, name := range []string{"a b", "team/db", "100%", "%2F", "a?b#c", "ä", "a+b&c=d", ".a;b"} {
		register(t, c, api.AgentServiceRegistration{ID: "id " + name, Name: name, Address: "10.0.0.9", Port: 80})
		w.Expect(name, "10.0.0.9:80")
	}
	catalog := c.Client().Catalog()
	external := func(node string, s api.AgentService, checks ...*api.HealthCheck) {
		t.Helper()
		_, err := catalog.Register(&api.CatalogRegistration{
			Node: node, Address: "10.0.1.1", Service: &s, Checks: checks,
			NodeMeta: map[string]string{"zone": "n"}, Locality: &api.Locality{Zone: "l"},
		}, nil)
		must(t, err)
	}
	one := func(service string) discovery.Endpoint {
		t.Helper()
		return w.sink(service).awaitOne(t, service, func(discovery.Endpoint) bool { return true })
	}

	external("n1", api.AgentService{ID: "plain", Service: "plain", Port: 1})
	if e := one("plain"); e.Status != discovery.StatusNone || e.Weight != 1 || e.Address != "10.0.1.1:1" {
		t.Errorf("without a check: got %+v, want no status, weight 1 and the address of the node", e)
	}
	register(t, c, api.AgentServiceRegistration{
		ID: "zoned", Name: "zoned", Port: 1, Locality: &api.Locality{Region: "r", Zone: "s"}, Meta: map[string]string{"zone": "m"},
	})
	if e := one("zoned"); e.Zone != "s" {
		t.Errorf("the zone is %q, want that of the locality", e.Zone)
	}

	external("n1", api.AgentService{ID: "twin", Service: "twins", Address: "10.0.2.1", Port: 1})
	external("n2", api.AgentService{ID: "twin", Service: "twins", Address: "10.0.2.2", Port: 1})
	w.Expect("twins", "10.0.2.1:1", "10.0.2.2:1")
	for _, e := range w.sink("twins").last.Endpoints {
		if e.ID != "n1/twin" && e.ID != "n2/twin" {
			t.Errorf("the id is %q, want one that names the node", e.ID)
		}
	}

	dead := &api.HealthCheck{Node: "n1", CheckID: "c", Status: api.HealthCritical, ServiceID: "old"}
	external("n1", api.AgentService{ID: "old", Service: "reborn", Address: "10.0.3.1", Port: 1}, dead)
	external("n2", api.AgentService{ID: "new", Service: "reborn", Address: "10.0.3.1", Port: 1})
	if e := w.sink("reborn").awaitOne(t, "reborn", func(e discovery.Endpoint) bool { return e.ID == "new" }); !usable(e) {
		t.Errorf("of two entries with one address the dead one won: %+v", e)
	}

	external("n1", api.AgentService{ID: "bad", Service: "mixed", Address: "10.0.4.1"})
	external("n1", api.AgentService{ID: "good", Service: "mixed", Address: "10.0.4.2", Port: 1})
	w.Expect("mixed", "10.0.4.2:1")
	if dropped := w.sink("mixed").last.Dropped; len(dropped) != 1 {
		t.Errorf("dropped %q, want the one without a port", dropped)
	}
}

func TestQueryNarrows(t *testing.T) {
	t.Parallel()
	c, w := start(t, testbed.ConsulConfig{})
	for _, tags := range [][]string{{"v1"}, {"v2"}, {"v2", "eu"}} {
		id := strings.Join(tags, "-")
		register(t, c, api.AgentServiceRegistration{ID: id, Name: "web", Address: id, Port: 80, Tags: tags})
	}
	w.Expect("web", "v1:80", "v2:80", "v2-eu:80")
	for _, test := range []struct {
		query discovery.Query
		want  []string
	}{
		{discovery.Query{Tags: []string{"v2"}}, []string{"v2:80", "v2-eu:80"}},
		{discovery.Query{Tags: []string{"v2", "eu"}}, []string{"v2-eu:80"}},
		{discovery.Query{Filter: `"v1" in Service.Tags`}, []string{"v1:80"}},
		{discovery.Query{Stale: true}, []string{"v1:80", "v2:80", "v2-eu:80"}},
		{discovery.Query{Datacenter: "dc1"}, []string{"v1:80", "v2:80", "v2-eu:80"}},
	} {
		test.query.Service, test.query.Name = fmt.Sprintf("%+v", test.query), "web"
		w.watch(test.query).awaitAddresses(t, test.want...)
	}
	for _, test := range []struct {
		query discovery.Query
		want  string
	}{
		{discovery.Query{Filter: "nonsense"}, "status 500"},
		{discovery.Query{Datacenter: "nowhere"}, "status 500"},
		{discovery.Query{Namespace: "ns"}, "status 400"},
	} {
		test.query.Service, test.query.Name = fmt.Sprintf("%+v", test.query), "web"
		if err := w.watch(test.query).awaitFailures(t, 1); !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got the error %v, want one that says %s", test.query, err, test.want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	c, w := start(t, testbed.ConsulConfig{})
	lists := make(chan []string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.List(ctx, func(names []string) { lists <- names }) }()
	expect := func(want ...string) {
		t.Helper()
		timeout := time.After(guard)
		for {
			select {
			case names := <-lists:
				if slices.Equal(names, want) {
					return
				}
			case <-timeout:
				t.Fatalf("waited too long for the names %q", want)
			}
		}
	}
	expect("consul")
	register(t, c, api.AgentServiceRegistration{ID: "b", Name: "b"})
	expect("b", "consul")
	register(t, c, api.AgentServiceRegistration{ID: "a/x", Name: "a/x"})
	expect("a/x", "b", "consul")
	must(t, c.Client().Agent().ServiceDeregister("b"))
	expect("a/x", "consul")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("List returned %v, want the context's error", err)
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	c := testbed.StartConsul(t, testbed.ConsulConfig{UnixSocket: true})
	w := startProvider(t, impatient("unix://"+c.Servers[0].Socket()))
	w.Expect("web")
	register(t, c, api.AgentServiceRegistration{ID: "web", Name: "web", Port: 80})
	w.Expect("web", "127.0.0.1:80")
}

// TestEnvironmentHasNoSay sets what the client library would obey.
func TestEnvironmentHasNoSay(t *testing.T) {
	for name, value := range map[string]string{
		"CONSUL_HTTP_ADDR": "127.0.0.1:1", "CONSUL_HTTP_TOKEN": "nonsense", "CONSUL_HTTP_TOKEN_FILE": "/nowhere",
		"CONSUL_NAMESPACE": "ns", "CONSUL_PARTITION": "p", "CONSUL_HTTP_SSL": "true", "CONSUL_CACERT": "/nowhere",
	} {
		t.Setenv(name, value)
	}
	fake := testbed.StartConsulFake(t)
	w := startProvider(t, impatient(fake.Address()))
	fake.Put("web", "10.0.0.1:80")
	w.Expect("web", "10.0.0.1:80")
	if header := fake.LastRequest().Header.Get("X-Consul-Token"); header != "" {
		t.Errorf("the token of the environment was sent: %q", header)
	}
	if query := fake.LastRequest().URL.Query(); query.Has("ns") || query.Has("partition") {
		t.Errorf("parameters of the environment were sent: %v", query)
	}
}
