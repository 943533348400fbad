package consul

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/internal/testbed"
)

// patient is a configuration with the waits that operators get.
func patient(address string) Config { return Config{Address: address} }

// putMany gives each of n services its instance on a node, with that port.
func putMany(t testing.TB, c *testbed.Consul, node, n, port int) {
	t.Helper()
	name := nodeName(node)
	const batch = 32 // operations in a transaction, half of Consul's limit
	ops := api.TxnOps{{Node: &api.NodeTxnOp{Verb: api.NodeSet, Node: api.Node{Node: name, Address: nodeAddress(node)}}}}
	flush := func() {
		t.Helper()
		if ok, response, _, err := c.Client().Txn().Txn(ops, nil); err != nil || !ok {
			t.Fatalf("write to consul: %v, %+v", err, response)
		}
		ops = nil
	}
	for i := range n {
		ops = append(ops, &api.TxnOp{Service: &api.ServiceTxnOp{
			Verb: api.ServiceSet, Node: name,
			Service: api.AgentService{ID: serviceName(i), Service: serviceName(i), Port: port},
		}})
		if len(ops) >= batch {
			flush()
		}
	}
	if len(ops) > 0 {
		flush()
	}
}

// putOne gives a service its instance on a node, with that port.
func putOne(t testing.TB, c *testbed.Consul, node int, service string, port int) {
	t.Helper()
	if _, err := c.Client().Catalog().Register(&api.CatalogRegistration{
		Node: nodeName(node), Address: nodeAddress(node), Service: &api.AgentService{ID: service, Service: service, Port: port},
	}, nil); err != nil {
		t.Fatal(err)
	}
}

func nodeName(i int) string    { return fmt.Sprintf("node-%d", i) }
func nodeAddress(i int) string { return fmt.Sprintf("10.0.0.%d", i) }

func serviceName(i int) string { return fmt.Sprintf("service-%04d", i) }

// expectMany waits until all of n services have their instance on that port.
func (w *watching) expectMany(n, port int) {
	w.Helper()
	for i := range n {
		w.sink(serviceName(i))
	}
	for i := range n {
		w.Expect(serviceName(i), fmt.Sprintf("10.0.0.1:%d", port))
	}
}

// TestManyServicesShareFourConnections is 999 services over HTTPS, and the query that looks for restores.
func TestManyServicesShareFourConnections(t *testing.T) {
	t.Parallel()
	const services = 999
	c, _, _, short := startTLS(t)
	config := patient(short.Address)
	config.TLS = short.TLS
	w := startProvider(t, config)
	putMany(t, c, 1, services, 80)
	w.expectMany(services, 80)
	putMany(t, c, 1, services, 81)
	w.expectMany(services, 81)
	load := w.Load()
	t.Logf("%d services: %+v", services, load)
	if load.Connections > 4 {
		t.Errorf("%d services use %d connections, want 4 at most", services, load.Connections)
	}
	if most := uint64(5 * services); load.Queries > most {
		t.Errorf("%d services and two changes of each cost %d queries, want %d at most", services, load.Queries, most)
	}
}

// TestServicesTakeTurns is 300 services over plain HTTP, with half as many connections. A Consul lets
// 200 of one client in.
func TestServicesTakeTurns(t *testing.T) {
	t.Parallel()
	const services = 300
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	w := startProvider(t, patient(c.Servers[0].HTTP()))
	putMany(t, c, 1, services, 80)
	w.expectMany(services, 80)
	changed := func(what string, change func()) {
		t.Helper()
		began := time.Now()
		change()
		took := time.Since(began)
		if t.Logf("%s was seen within %v", what, took); took > 30*time.Second {
			t.Errorf("%s was seen after %v, want 30 s at most", what, took)
		}
	}
	changed("a change of all", func() {
		putMany(t, c, 1, services, 81)
		w.expectMany(services, 81)
	})
	for i := range 3 { // one that is most likely not asked about just now
		changed("a change of one", func() {
			service := serviceName(i * services / 3)
			putOne(t, c, 1, service, 82)
			w.Expect(service, "10.0.0.1:82")
		})
	}
	load := w.Load()
	t.Logf("%d services: %+v", services, load)
	if load.Connections > 150 {
		t.Errorf("%d services use %d connections, want 150 at most", services, load.Connections)
	}
	if load.Delay == 0 || load.Delay > 30*time.Second {
		t.Errorf("the worst delay is %v, want some, and less than 30 s", load.Delay)
	}
	for i := range services {
		if sink := w.sink(serviceName(i)); sink.heard > 0 {
			t.Fatalf("%s failed %d times, the last time with %v", serviceName(i), sink.heard, sink.err)
		}
	}
}

// TestFewConnectionsForLongQueries adds services when all connections are held by queries that began
// to wait while there was room for all.
func TestFewConnectionsForLongQueries(t *testing.T) {
	t.Parallel()
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	putMany(t, c, 1, 6, 80)
	config := patient(c.Servers[0].HTTP())
	config.MaxConnections = 3
	config.Turn = 200 * time.Millisecond
	w := startProvider(t, config)
	w.expectMany(3, 80)
	began := time.Now()
	w.expectMany(6, 80)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("newcomers waited for %v, as long as the queries before them", took)
	}
	putMany(t, c, 1, 6, 81)
	w.expectMany(6, 81)
	if load := w.Load(); load.Connections > 3 {
		t.Errorf("there are %d connections, want 3 at most", load.Connections)
	}
}

// TestStreamOfUpdates changes a service far more often than anybody needs to know.
func TestStreamOfUpdates(t *testing.T) {
	t.Parallel()
	const rate = 50 // a second
	updates := rate * 5
	if testbed.Long() {
		updates = rate * 60
	}
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	w := startProvider(t, patient(c.Servers[0].HTTP()))
	w.Expect("web")
	before, began := w.Load().Queries, time.Now()
	pace := time.NewTicker(time.Second / rate)
	defer pace.Stop()
	for i := range updates {
		putOne(t, c, 1, "web", 1000+i)
		<-pace.C
	}
	w.Expect("web", fmt.Sprintf("10.0.0.1:%d", 1000+updates-1))
	most := 2 + newsBurst + int(time.Since(began)/newsInterval)
	if asked := int(w.Load().Queries - before); asked > most {
		t.Errorf("%d updates cost %d queries in %v, want at most %d", updates, asked, time.Since(began), most)
	}
}

// TestBusyNeighbours watches a service that is not there while others come and go all the time, each of
// which wakes the query: what brings nothing new is asked rarely.
func TestBusyNeighbours(t *testing.T) {
	t.Parallel()
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	config := patient(c.Servers[0].HTTP())
	config.Pause = 500 * time.Millisecond
	w := startProvider(t, config)
	w.Expect("web")
	before, began := w.Load().Queries, time.Now()
	for i := range 100 {
		putOne(t, c, 1, serviceName(i), 80)
	}
	putOne(t, c, 1, "web", 80)
	w.Expect("web", "10.0.0.1:80")
	most := 4 + int(time.Since(began)/config.Pause)
	if asked := int(w.Load().Queries - before); asked > most {
		t.Errorf("100 changes of others cost %d queries in %v, want at most %d", asked, time.Since(began), most)
	}
}

// TestSecondDatacenter watches a service of another datacenter through the own one.
func TestSecondDatacenter(t *testing.T) {
	t.Parallel()
	far := testbed.StartConsul(t, testbed.ConsulConfig{Durable: true, Datacenter: "far"})
	near := testbed.StartConsul(t, testbed.ConsulConfig{Durable: true, Datacenter: "near", JoinWAN: far})
	config := impatient(near.Servers[0].HTTP())
	config.Datacenter = "far"
	w := startProvider(t, config)
	register(t, far, api.AgentServiceRegistration{ID: "web", Name: "web", Port: 80})
	register(t, near, api.AgentServiceRegistration{ID: "web", Name: "web", Port: 81})
	w.Expect("web", "127.0.0.1:80")
	register(t, far, api.AgentServiceRegistration{ID: "web", Name: "web", Port: 82})
	w.Expect("web", "127.0.0.1:82")
}
