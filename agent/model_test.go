package agent

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"pgregory.net/rapid"

	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// The services of the model, by where they come from. Those of the API come and go.
var (
	etcdServices   = []string{"etcd-a", "etcd-b"}
	apiServices    = []string{"api-a", "api-b"}
	staticServices = []string{"static-a", "static-b"}
	modelServices  = slices.Concat(etcdServices, apiServices, staticServices)
)

// TestModel plays random sequences of what happens to an agent, and after each step asks whether the agent
// is what a simple model of the contract says, and whether it selects what that allows. The registry is a
// real etcd, whose connection is cut now and then; the agent is a process of its own that is reloaded,
// restarted and killed. rapid prints the seed of a sequence that fails.
func TestModel(t *testing.T) {
	sequences, steps := "2", "120"
	if testbed.Long() {
		sequences, steps = "20", "2200"
	}
	setFlag(t, "rapid.checks", sequences)
	setFlag(t, "rapid.steps", steps)
	etcd := testbed.StartEtcd(t, testbed.EtcdConfig{})
	runs, taken := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		m := newModel(t, rt, etcd.Client(), fmt.Sprintf("/model-%d/", runs))
		defer m.close()
		rt.Repeat(m.actions())
		taken += m.steps
	})
	t.Logf("%d sequences with %d steps that changed something", runs, taken)
}

func setFlag(t *testing.T, name, value string) {
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}

// model is the contract in its plainest form, and the agent that is held against it.
type model struct {
	t      *testing.T
	rt     *rapid.T
	agent  *running
	etcd   *clientv3.Client
	proxy  *testbed.Proxy
	prefix string
	steps  int

	keys     map[string]map[string]bool // what etcd has: services, and addresses
	cut      bool                       // the agent does not see what etcd has now
	listed   map[string][]string        // what the configuration lists
	services map[string]backends        // what the agent should have
	drained  map[place]bool             // holds whether or not the backend is there
	leases   []*modelLease
}

// backends is the members of a service, by address.
type backends map[string]*modelBackend

// modelBackend is what the agent should know of a backend.
type modelBackend struct {
	failed   bool // as somebody marked it
	active   int  // leases
	reported int  // failures in a row
}

type place struct{ service, address string }

// modelLease is a lease that was not ended.
type modelLease struct {
	*client.Lease
	backend *modelBackend // which may be gone by now; nil: not seen since a restart
	ttl     bool
}

func newModel(t *testing.T, rt *rapid.T, etcd *clientv3.Client, prefix string) *model {
	m := &model{
		t: t, rt: rt, etcd: etcd, prefix: prefix,
		proxy:    testbed.StartProxy(t, etcdAddress(etcd)),
		keys:     make(map[string]map[string]bool),
		listed:   make(map[string][]string),
		services: make(map[string]backends),
		drained:  make(map[place]bool),
	}
	for _, service := range etcdServices {
		m.keys[service], m.services[service] = make(map[string]bool), make(backends)
	}
	for _, service := range staticServices {
		m.listed[service], m.services[service] = []string{addressOf(0)}, backends{addressOf(0): {}}
	}
	m.agent = startApart(t, m.hcl())
	return m
}

// close ends what the sequence started.
func (m *model) close() {
	for _, l := range m.leases {
		_ = l.End(m.t.Context(), wire.Outcome{})
	}
	m.agent.end()
	m.proxy.Cut()
}

// check holds the agent against the model. rapid calls it after each step.
func (m *model) check(rt *rapid.T) {
	m.rt = rt
	for _, service := range modelServices {
		want, there := m.services[service]
		m.await(service, want, there)
		for range 4 {
			m.selectFrom(service, want, there)
		}
	}
}

// await returns once the agent says of a service what the model says.
func (m *model) await(service string, want backends, there bool) {
	group, err := wire.Group{}, error(nil)
	deadline := time.Now().Add(guard / 3)
	difference := ""
	for time.Now().Before(deadline) {
		group, err = m.agent.GroupAfter(m.t.Context(), service, group.Index, 50*time.Millisecond)
		if difference = m.differs(service, group, err, want, there); difference == "" {
			return
		}
	}
	m.rt.Fatalf("%s %s; the agent says %+v, %v\n%s", service, difference, group.Backends, err, m.agent.log)
}

// differs says in which way; empty when it does not.
func (m *model) differs(service string, g wire.Group, err error, want backends, there bool) string {
	if !there {
		if code(err) != wire.CodeUnknownService {
			return "should not be there"
		}
		return ""
	}
	if err != nil || len(g.Backends) != len(want) {
		return fmt.Sprintf("should have %d backends", len(want))
	}
	for _, b := range g.Backends {
		w := want[b.Address]
		if w == nil {
			return "should not have " + b.Address
		}
		drained := m.drained[place{service, b.Address}]
		if b.Healthy == (w.failed || drained) || (b.Verdicts.Admin == wire.AdminDrain) != drained {
			return fmt.Sprintf("should have %s drained: %v, failed: %v", b.Address, drained, w.failed)
		}
		if b.ActiveConnections != int64(w.active) || b.ReportedFailures != int64(w.reported) {
			return fmt.Sprintf("should have %s with %d leases and %d reported failures", b.Address, w.active, w.reported)
		}
	}
	return ""
}

// selectFrom selects, and wants what the model allows.
func (m *model) selectFrom(service string, want backends, there bool) {
	s, err := m.agent.Select(m.t.Context(), service)
	allowed := m.healthy(service)
	switch {
	case !there:
		if code(err) != wire.CodeUnknownService {
			m.rt.Fatalf("select from %s, which is not there: %+v, %v", service, s, err)
		}
	case len(want) == 0:
		if code(err) != wire.CodeNoBackends {
			m.rt.Fatalf("select from %s, which has no backends: %+v, %v", service, s, err)
		}
	case len(allowed) == 0:
		if code(err) != wire.CodeNoHealthyBackend {
			m.rt.Fatalf("select from %s, where none is healthy: %+v, %v", service, s, err)
		}
	case err != nil || !slices.Contains(allowed, s.Address) || s.Service != service:
		m.rt.Fatalf("select from %s: %+v, %v, want one of %q\n%s", service, s, err, allowed, m.agent.log)
	}
}

// healthy gives the addresses that may be picked.
func (m *model) healthy(service string) (list []string) {
	for address, b := range m.services[service] {
		if !b.failed && !m.drained[place{service, address}] {
			list = append(list, address)
		}
	}
	return list
}

// update gives a service a list: who stays keeps all that is known.
func (m *model) update(service string, addresses []string) {
	before, next := m.services[service], make(backends)
	for _, address := range addresses {
		if next[address] = before[address]; next[address] == nil {
			next[address] = &modelBackend{}
		}
	}
	m.services[service] = next
}

// bind gives the leases from before a restart to the backends that are there now. A lease waits for its
// backend while the sources of the service can't be asked.
func (m *model) bind() {
	for _, l := range m.leases {
		if l.backend != nil {
			continue
		}
		if l.backend = m.services[l.Service][l.Address]; l.backend != nil {
			l.backend.active++
		} else if !m.cut || !slices.Contains(etcdServices, l.Service) {
			l.backend = &modelBackend{} // of nobody
		}
	}
}

// see has the agent know what etcd has.
func (m *model) see() {
	if m.cut {
		return
	}
	for service, keys := range m.keys {
		m.update(service, slices.Sorted(maps.Keys(keys)))
	}
}

// ok ends the sequence on an error.
func (m *model) ok(err error) {
	if err != nil {
		m.rt.Fatalf("%v\n%s", err, m.agent.log)
	}
}

var errNone = errors.New("nothing to do this to")
