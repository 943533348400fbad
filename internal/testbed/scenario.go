package testbed

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
)

// Scenario is something that happens to an etcd while somebody watches services in it; for Consul there
// is [ConsulScenario].
type Scenario struct {
	Name    string
	Members int  // of the cluster, 1 by default
	Proxied bool // the watcher reaches the only member through World.Proxy
	MTLS    bool // the watcher needs World.CA and World.Pair
	// MaxRequestBytes is how large a request to etcd may be; 0: as etcd has it.
	MaxRequestBytes int
	Token           time.Duration // set: the watcher needs World.User and World.Password, whose tokens live so long

	// Play acts, and checks with the world's Watcher what must be seen. It uses only services that it
	// names itself, and may be called once.
	Play func(w *World)
}

// Watcher is the side of a scenario that watches: a provider alone, or an agent behind its socket.
// Its methods are called from the test's goroutine, fail the test when they have waited far too long,
// and start to watch the service when they are first asked for it.
type Watcher interface {
	// Expect returns once the service has exactly these addresses, in any order.
	Expect(service string, addresses ...string)
	// ExpectStale returns once the service counts as stale, or as fresh.
	ExpectStale(service string, stale bool)
}

// World is what a scenario acts on and a watcher connects to.
type World struct {
	testing.TB
	Watcher // set by whoever plays the scenario

	Etcd      *Etcd // one of the two, as the scenario is
	Consul    *Consul
	Proxy     *Proxy   // in front of the only member where the scenario is proxied
	Endpoints []string // URLs for the watcher
	Prefix    string   // of the keys, with its slash
	User      string   // for the watcher; empty: no authentication
	Password  string
	CA        *CA  // nil: no TLS
	Pair      Pair // the watcher's certificate

	// Quiet is how long nothing happens where a scenario wants that: 15 s. It is to be longer than the
	// watcher takes to give up on an etcd that is silent, and to find it again.
	Quiet time.Duration

	// Address names the n-th backend of a service. Whoever needs backends that live replaces it; no
	// two services share one.
	Address func(service string, n int) string

	// Changed, if set, hears of every change of the truth about a service, from the test's goroutine.
	Changed func(service string)

	at *ConsulServer // where instances are registered; nil: the first

	mu    sync.Mutex
	truth map[string]map[string]string // service -> id -> address
}

// Start starts what the scenario needs.
func (s Scenario) Start(t testing.TB) *World {
	t.Helper()
	w := &World{
		TB:      t,
		Prefix:  "/services/",
		Quiet:   15 * time.Second,
		Address: hostname,
		truth:   make(map[string]map[string]string),
	}
	config := EtcdConfig{Members: s.Members, TokenTTL: s.Token, MaxRequestBytes: s.MaxRequestBytes}
	if s.MTLS {
		w.CA = NewCA(t)
		w.Pair = w.CA.Issue(t, "agent")
		config.CA = w.CA
	}
	w.Etcd = StartEtcd(t, config)
	w.Endpoints = w.Etcd.Endpoints()
	if s.Token > 0 {
		w.User, w.Password = "agent", "correct horse"
		w.Etcd.EnableAuth(w.User, w.Password, w.Prefix)
	}
	if s.Proxied {
		w.Proxy = StartProxy(t, w.Etcd.Members[0].Address())
		w.Endpoints = []string{w.Etcd.scheme() + "://" + w.Proxy.Address()}
	}
	return w
}

// Truth returns the addresses that the service certainly has at this moment, sorted: those whose put
// was acknowledged and whose deletion was not asked for. Those that hang on a lease don't count. It
// may be called from any goroutine while the scenario plays.
func (w *World) Truth(service string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Values(w.truth[service]))
}

func (w *World) believe(service, id, address string) {
	w.edit(service, func(truth map[string]string) { truth[id] = address })
}

func (w *World) doubt(service, id string) {
	w.edit(service, func(truth map[string]string) { delete(truth, id) })
}

func (w *World) edit(service string, edit func(truth map[string]string)) {
	w.mu.Lock()
	if w.truth[service] == nil {
		w.truth[service] = make(map[string]string)
	}
	edit(w.truth[service])
	w.mu.Unlock()
	if w.Changed != nil {
		w.Changed(service)
	}
}
