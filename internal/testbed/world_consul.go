package testbed

import (
	"fmt"
	"net"
	"strconv"

	"github.com/hashicorp/consul/api"
)

// HealthWatcher is a Watcher of a catalog that keeps health.
type HealthWatcher interface {
	Watcher
	// ExpectUsable returns once exactly these addresses of the service can be used.
	ExpectUsable(service string, addresses ...string)
}

// ExpectUsable asks the watcher, which must be a HealthWatcher.
func (w *World) ExpectUsable(service string, addresses ...string) {
	w.Helper()
	watcher, ok := w.Watcher.(HealthWatcher)
	if !ok {
		w.Fatal("ask for what is usable: the watcher knows no health")
	}
	watcher.ExpectUsable(service, addresses...)
}

// Register registers the n-th backend of a service with a check that passes, and returns its address.
func (w *World) Register(service string, n int) string {
	w.Helper()
	address := w.Address(service, n)
	w.RegisterAs(&api.AgentServiceRegistration{ID: instance(service, n), Name: service}, address)
	w.believe(service, strconv.Itoa(n), address)
	return address
}

// RegisterAs registers an instance at an address, with a check that passes if it has none.
func (w *World) RegisterAs(r *api.AgentServiceRegistration, address string) {
	w.Helper()
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		w.Fatalf("register %s: %v", r.ID, err)
	}
	r.Address = host
	if r.Port, err = strconv.Atoi(text); err != nil {
		w.Fatalf("register %s: %v", r.ID, err)
	}
	if r.Check == nil {
		r.Check = &api.AgentServiceCheck{CheckID: checkOf(r.ID), TTL: "1h", Status: api.HealthPassing}
	}
	w.must("register "+r.ID, w.agent().ServiceRegister(r))
}

// RegisterExternal registers the n-th backend of a service on a node without an agent, and returns its
// address. It is in the catalog and nowhere else, and has no check.
func (w *World) RegisterExternal(service string, n int) string {
	w.Helper()
	address := w.Address(service, n)
	host, text, err := net.SplitHostPort(address)
	w.must("register", err)
	number, err := strconv.Atoi(text)
	w.must("register", err)
	_, err = w.Consul.Client().Catalog().Register(&api.CatalogRegistration{
		Node: "external", Address: "10.0.0.1",
		Service: &api.AgentService{ID: instance(service, n), Service: service, Address: host, Port: number},
	}, nil)
	w.must("register", err)
	w.believe(service, strconv.Itoa(n), address)
	return address
}

// Check sets the check of the n-th backend of a service.
func (w *World) Check(service string, n int, status string) {
	w.Helper()
	usable := status != api.HealthCritical
	if !usable {
		w.doubt(service, strconv.Itoa(n))
	}
	w.must("set a check", w.agent().UpdateTTL(checkOf(instance(service, n)), "", status))
	if usable {
		w.believe(service, strconv.Itoa(n), w.Address(service, n))
	}
}

// Deregister removes the n-th backend of a service.
func (w *World) Deregister(service string, n int) {
	w.Helper()
	w.doubt(service, strconv.Itoa(n))
	w.must("deregister", w.agent().ServiceDeregister(instance(service, n)))
}

// Maintain puts the n-th backend of a service into maintenance, or takes it out.
func (w *World) Maintain(service string, n int, on bool) {
	w.Helper()
	agent := w.agent()
	if !on {
		w.must("end maintenance", agent.DisableServiceMaintenance(instance(service, n)))
		w.believe(service, strconv.Itoa(n), w.Address(service, n))
		return
	}
	w.doubt(service, strconv.Itoa(n))
	w.must("begin maintenance", agent.EnableServiceMaintenance(instance(service, n), "test"))
}

// Doubt takes everything out of the truth about a service: what it has is not certain.
func (w *World) Doubt(service string) {
	w.edit(service, func(truth map[string]string) { clear(truth) })
}

// agent is where instances are registered.
func (w *World) agent() *api.Agent {
	if w.at == nil {
		w.at = w.Consul.Servers[0]
	}
	return w.at.Client().Agent()
}

func (w *World) must(what string, err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%s in consul: %v", what, err)
	}
}

func instance(service string, n int) string { return fmt.Sprintf("%s-%d", service, n) }

func checkOf(id string) string { return "check:" + id }
