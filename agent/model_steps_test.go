package agent

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"pgregory.net/rapid"

	"github.com/remora-agent/remora/client/wire"
)

// modelAddresses is how many different backends a service may have.
const modelAddresses = 5

func addressOf(i int) string { return fmt.Sprintf("127.0.0.1:%d", 20001+i) }

func etcdAddress(c *clientv3.Client) string {
	return strings.TrimPrefix(c.Endpoints()[0], "http://")
}

// hcl is the configuration of the moment.
func (m *model) hcl() string {
	var b strings.Builder
	fmt.Fprintf(&b, "data_dir = \"FOLDER/data\"\nprovider \"etcd\" \"main\" {\n  endpoints = [\"http://%s\"]\n  prefix = %q\n}\n", m.proxy.Address(), m.prefix)
	b.WriteString("defaults {\n  on_empty = \"accept\"\n}\n") // what is withdrawn is gone
	for _, service := range etcdServices {
		fmt.Fprintf(&b, "service %q {\n  source \"main\" {}\n}\n", service)
	}
	for _, service := range staticServices {
		fmt.Fprintf(&b, "service %q {\n", service)
		for _, address := range m.listed[service] {
			fmt.Fprintf(&b, "  backend %q {}\n", address)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// actions are the steps. One that finds nothing to change draws again.
func (m *model) actions() map[string]func(*rapid.T) {
	steps := map[string]func(*rapid.T) error{
		"put into etcd":       m.put,
		"delete from etcd":    m.delete,
		"many in one txn":     m.transact,
		"cut or mend":         m.cutOrMend,
		"register":            m.register,
		"unregister":          m.unregister,
		"list over the API":   m.list,
		"add or remove one":   m.addOrRemove,
		"mark":                m.mark,
		"drain or undrain":    m.administer,
		"report":              m.report,
		"take a lease":        m.take,
		"end a lease":         m.end,
		"reload":              m.reload,
		"reload with a fault": m.misreload,
		"restart":             m.restart,
	}
	actions := map[string]func(*rapid.T){"": m.check}
	for name, step := range steps {
		actions[name] = func(rt *rapid.T) {
			m.rt = rt
			if step(rt) != nil {
				rt.SkipNow()
			}
			m.steps++
		}
	}
	return actions
}

func oneOf(rt *rapid.T, what string, list []string) string {
	return rapid.SampledFrom(list).Draw(rt, what)
}

func anAddress(rt *rapid.T) string {
	return addressOf(rapid.IntRange(0, modelAddresses-1).Draw(rt, "address"))
}

func someAddresses(rt *rapid.T) []string {
	numbers := rapid.SliceOfNDistinct(rapid.IntRange(0, modelAddresses-1), 0, modelAddresses, rapid.ID[int]).Draw(rt, "addresses")
	list := make([]string, len(numbers))
	for i, n := range numbers {
		list[i] = addressOf(n)
	}
	return list
}

// member draws a backend that is there.
func (m *model) member(rt *rapid.T) (place, *modelBackend, error) {
	var all []place
	for service, members := range m.services {
		for address := range members {
			all = append(all, place{service, address})
		}
	}
	if len(all) == 0 {
		return place{}, nil, errNone
	}
	slices.SortFunc(all, func(a, b place) int { return strings.Compare(a.service+a.address, b.service+b.address) })
	at := rapid.SampledFrom(all).Draw(rt, "backend")
	return at, m.services[at.service][at.address], nil
}

func (m *model) key(service, address string) string { return m.prefix + service + "/" + address }

func (m *model) put(rt *rapid.T) error {
	service, address := oneOf(rt, "service", etcdServices), anAddress(rt)
	_, err := m.etcd.Put(m.t.Context(), m.key(service, address), address)
	m.ok(err)
	m.keys[service][address] = true
	m.see()
	return nil
}

func (m *model) delete(rt *rapid.T) error {
	service := oneOf(rt, "service", etcdServices)
	present := slices.Sorted(maps.Keys(m.keys[service]))
	if len(present) == 0 {
		return errNone
	}
	address := oneOf(rt, "address", present)
	_, err := m.etcd.Delete(m.t.Context(), m.key(service, address))
	m.ok(err)
	delete(m.keys[service], address)
	m.see()
	return nil
}

// transact changes everything at once.
func (m *model) transact(rt *rapid.T) error {
	var ops []clientv3.Op
	for _, service := range etcdServices {
		next := make(map[string]bool)
		for _, address := range someAddresses(rt) {
			next[address] = true
			ops = append(ops, clientv3.OpPut(m.key(service, address), address))
		}
		for address := range m.keys[service] {
			if !next[address] {
				ops = append(ops, clientv3.OpDelete(m.key(service, address)))
			}
		}
		m.keys[service] = next
	}
	_, err := m.etcd.Txn(m.t.Context()).Then(ops...).Commit()
	m.ok(err)
	m.see()
	return nil
}

// cutOrMend takes the registry away, or gives it back. Meanwhile the agent keeps what it knows.
func (m *model) cutOrMend(*rapid.T) error {
	if m.cut = !m.cut; m.cut {
		m.proxy.Cut()
	} else {
		m.proxy.Resume(m.t)
		m.see()
		m.bind()
	}
	return nil
}

func specs(addresses []string) []wire.BackendSpec {
	list := make([]wire.BackendSpec, len(addresses))
	for i, address := range addresses {
		list[i] = wire.BackendSpec{Address: address}
	}
	return list
}

// register makes a service anew, or for the first time.
func (m *model) register(rt *rapid.T) error {
	service, addresses := oneOf(rt, "service", apiServices), someAddresses(rt)
	m.ok(m.agent.Register(m.t.Context(), service, wire.Registration{Backends: specs(addresses)}))
	delete(m.services, service)
	m.update(service, addresses)
	return nil
}

func (m *model) anAPIService(rt *rapid.T) (string, error) {
	service := oneOf(rt, "service", apiServices)
	if m.services[service] == nil {
		return "", errNone
	}
	return service, nil
}

func (m *model) unregister(rt *rapid.T) error {
	service, err := m.anAPIService(rt)
	if err != nil {
		return err
	}
	m.ok(m.agent.Unregister(m.t.Context(), service))
	delete(m.services, service)
	return nil
}

func (m *model) list(rt *rapid.T) error {
	service, err := m.anAPIService(rt)
	if err != nil {
		return err
	}
	addresses := someAddresses(rt)
	_, err = m.agent.UpdateBackends(m.t.Context(), service, specs(addresses))
	m.ok(err)
	m.update(service, addresses)
	return nil
}

func (m *model) addOrRemove(rt *rapid.T) error {
	service, err := m.anAPIService(rt)
	if err != nil {
		return err
	}
	address := anAddress(rt)
	if m.services[service][address] != nil {
		m.ok(m.agent.RemoveBackend(m.t.Context(), service, address))
		delete(m.services[service], address)
		return nil
	}
	m.ok(m.agent.AddBackend(m.t.Context(), service, wire.BackendSpec{Address: address}))
	m.services[service][address] = &modelBackend{}
	return nil
}

func (m *model) mark(rt *rapid.T) error {
	at, b, err := m.member(rt)
	if err != nil {
		return err
	}
	b.failed = rapid.Bool().Draw(rt, "failed")
	m.ok(m.agent.MarkHealth(m.t.Context(), at.service, at.address, !b.failed))
	return nil
}

func (m *model) administer(rt *rapid.T) error {
	at, _, err := m.member(rt)
	if err != nil {
		return err
	}
	m.drained[at] = !m.drained[at]
	state := wire.AdminReady
	if m.drained[at] {
		state = wire.AdminDrain
	}
	m.ok(m.agent.SetAdmin(m.t.Context(), at.service, at.address, state))
	return nil
}

// outcome draws how a use went.
func outcome(rt *rapid.T) wire.Outcome {
	success := rapid.Bool().Draw(rt, "success")
	return wire.Outcome{Success: &success}
}

func (b *modelBackend) count(o wire.Outcome) {
	if b.reported++; *o.Success {
		b.reported = 0
	}
}

func (m *model) report(rt *rapid.T) error {
	at, b, err := m.member(rt)
	if err != nil {
		return err
	}
	o := outcome(rt)
	m.ok(m.agent.Report(m.t.Context(), wire.Report{Service: at.service, Address: at.address, Outcome: o}))
	b.count(o)
	return nil
}

// take takes a lease of either kind.
func (m *model) take(rt *rapid.T) error {
	service := oneOf(rt, "service", modelServices)
	if len(m.healthy(service)) == 0 {
		return errNone
	}
	l := &modelLease{ttl: rapid.Bool().Draw(rt, "ttl")}
	var err error
	if l.ttl {
		l.Lease, err = m.agent.LeaseFor(m.t.Context(), service, time.Hour)
	} else {
		l.Lease, err = m.agent.Lease(m.t.Context(), service)
	}
	m.ok(err)
	if l.backend = m.services[service][l.Address]; l.backend == nil {
		rt.Fatalf("a lease of %s, which %s does not have", l.Address, service)
	}
	l.backend.active++
	m.leases = append(m.leases, l)
	return nil
}

// end ends a lease, whose backend may have left; another one at its address gets the outcome.
func (m *model) end(rt *rapid.T) error {
	if len(m.leases) == 0 {
		return errNone
	}
	i := rapid.IntRange(0, len(m.leases)-1).Draw(rt, "lease")
	l, o := m.leases[i], outcome(rt)
	m.leases = slices.Delete(m.leases, i, i+1)
	m.ok(l.End(m.t.Context(), o))
	if l.backend != nil {
		l.backend.active--
	}
	if b := m.services[l.Service][l.Address]; b != nil {
		b.count(o)
	}
	return nil
}

// reload gives a static service another list.
func (m *model) reload(rt *rapid.T) error {
	service, addresses := oneOf(rt, "service", staticServices), someAddresses(rt)
	if len(addresses) == 0 {
		return errNone // a service without backends or sources is a fault
	}
	m.listed[service] = addresses
	m.agent.configure(m.hcl())
	_, err := m.agent.Reload(m.t.Context())
	m.ok(err)
	m.update(service, addresses)
	return nil
}

// misreload reloads a configuration with a fault, which changes nothing.
func (m *model) misreload(rt *rapid.T) error {
	m.agent.configure(strings.Replace(m.hcl(), "20001", "0", 1) + "no_such_thing = 1\n")
	if _, err := m.agent.Reload(m.t.Context()); code(err) != wire.CodeBadRequest {
		rt.Fatalf("reload with a fault: %v", err)
	}
	m.agent.configure(m.hcl())
	return nil
}

// restart ends the agent as an operator does and starts it again, maybe while the registry can't be asked.
// What was reported is forgotten, and so are the leases of connections, which end with the agent. Those that
// end by time are then of the backend that has their address, once the sources of the service have answered.
func (m *model) restart(*rapid.T) error {
	m.ok(m.agent.stop())
	m.agent.launch()
	m.leases = slices.DeleteFunc(m.leases, func(l *modelLease) bool {
		if l.backend != nil {
			l.backend.active--
		}
		l.backend = nil
		return !l.ttl
	})
	for _, members := range m.services {
		for _, b := range members {
			b.reported = 0
		}
	}
	m.bind()
	return nil
}
