package testbed

import (
	"os"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// ConsulScenario is something that happens to a Consul while somebody watches services in it.
type ConsulScenario struct {
	Name    string
	Consul  ConsulConfig
	Proxied bool // the watcher reaches the server through World.Proxy
	Slow    bool // it takes as long as a query may wait

	// Play acts, and checks with the world's Watcher, a HealthWatcher, what must be seen. It may be
	// called once.
	Play func(w *World)
}

// Start starts what the scenario needs. The watcher connects to Endpoints[0].
func (s ConsulScenario) Start(t testing.TB) *World {
	t.Helper()
	w := &World{TB: t, Address: hostname, truth: make(map[string]map[string]string)}
	w.Consul = StartConsul(t, s.Consul)
	server := w.Consul.Servers[0]
	address, scheme := server.HTTP(), "http://"
	if s.Consul.CA != nil {
		address, scheme = server.HTTPS(), "https://"
	}
	if s.Proxied {
		w.Proxy = StartProxy(t, address)
		address = w.Proxy.Address()
	}
	w.Endpoints = []string{scheme + address}
	return w
}

// ConsulScenarios is what the world does to a Consul. Each entry stands for itself.
func ConsulScenarios() []ConsulScenario {
	durable := ConsulConfig{Durable: true}
	return []ConsulScenario{
		{Name: "register and deregister", Play: registerAndDeregister},
		{Name: "checks and maintenance", Play: checksAndMaintenance},
		{Name: "connection closed", Proxied: true, Play: consulCut},
		{Name: "connection stalled", Proxied: true, Slow: true, Play: consulFrozen},
		{Name: "network stalled", Proxied: true, Slow: true, Play: consulStalled},
		{Name: "connection half open", Proxied: true, Slow: true, Play: consulHalfOpen},
		{Name: "killed and started with its data", Consul: durable, Play: consulRestart},
		{Name: "killed and started empty", Consul: durable, Play: consulStartedEmpty},
		{Name: "cluster loses its leader", Consul: ConsulConfig{Servers: 3}, Proxied: true, Play: consulLosesLeader},
		{Name: "older snapshot restored", Consul: durable, Play: consulRestored},
	}
}

func registerAndDeregister(w *World) {
	w.Expect("web")
	first := w.Register("web", 1)
	w.Expect("web", first)
	second, other := w.Register("web", 2), w.Register("team/db", 1)
	w.Expect("web", first, second)
	w.Expect("team/db", other)
	w.Deregister("web", 1)
	w.Expect("web", second)
	w.Deregister("web", 2)
	w.Expect("web")
	w.Expect("team/db", other)
}

func checksAndMaintenance(w *World) {
	first, second := w.Register("web", 1), w.Register("web", 2)
	w.Expect("web", first, second)
	w.ExpectUsable("web", first, second)
	w.Check("web", 1, api.HealthWarning)
	w.Check("web", 2, api.HealthCritical)
	w.ExpectUsable("web", first)
	w.Expect("web", first, second)
	w.Check("web", 2, api.HealthPassing)
	w.ExpectUsable("web", first, second)
	w.Maintain("web", 1, true)
	w.ExpectUsable("web", second)
	w.Expect("web", first, second)
	w.Maintain("web", 1, false)
	w.ExpectUsable("web", first, second)
}

func consulCut(w *World) {
	first := w.Register("web", 1)
	w.Expect("web", first)
	w.Proxy.Cut()
	w.ExpectStale("web", true)
	second := w.Register("web", 2)
	w.Expect("web", first)
	w.Proxy.Resume(w)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
}

func consulFrozen(w *World) {
	first := w.Register("web", 1)
	w.Expect("web", first)
	w.Proxy.Freeze()
	second := w.Register("web", 2)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
}

func consulStalled(w *World) {
	first := w.Register("web", 1)
	w.Expect("web", first)
	w.Proxy.Stall()
	second := w.Register("web", 2)
	w.ExpectStale("web", true)
	w.Expect("web", first)
	w.Proxy.Resume(w)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
}

func consulHalfOpen(w *World) {
	first := w.Register("web", 1)
	w.Expect("web", first)
	w.Proxy.HalfOpen()
	second := w.Register("web", 2)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
}

func consulRestart(w *World) {
	first := w.RegisterExternal("web", 1)
	w.Expect("web", first)
	server := w.Consul.Servers[0]
	server.Kill()
	w.ExpectStale("web", true)
	w.Outage()
	w.Expect("web", first)
	server.Restart(w)
	w.ExpectStale("web", false)
	second := w.RegisterExternal("web", 2)
	w.Expect("web", first, second)
}

// consulStartedEmpty ends with a Consul that holds nothing at first: what it held is registered again
// only after the watcher has seen that.
func consulStartedEmpty(w *World) {
	first, second := w.Register("web", 1), w.Register("web", 2)
	w.Expect("web", first, second)
	server := w.Consul.Servers[0]
	server.Kill()
	w.ExpectStale("web", true)
	w.Expect("web", first, second)
	server.Wipe()
	w.Doubt("web")
	server.Restart(w)
	w.Expect("web")
	w.ExpectStale("web", false)
	third := w.Register("web", 3)
	w.Expect("web", third)
}

// consulLosesLeader has the watcher at a server that follows.
func consulLosesLeader(w *World) {
	leader := w.Consul.Leader()
	var follower *ConsulServer
	for _, s := range w.Consul.Servers {
		if s != leader {
			follower = s
		}
	}
	w.at = follower
	w.Proxy.Retarget(follower.HTTP())
	w.Proxy.Drop()
	first := w.Register("web", 1)
	w.Expect("web", first)
	leader.Kill()
	w.Expect("web", first)
	second := w.Register("web", 2)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
	leader.Restart(w)
	w.Deregister("web", 1)
	w.Expect("web", second)
}

// consulRestored goes back to a state of long ago. The watcher's query carries an index from its
// future, so that Consul answers it only when it has waited for as long as it may: the watcher has to
// notice by itself.
func consulRestored(w *World) {
	first := w.RegisterExternal("web", 1)
	w.Expect("web", first)
	client := w.Consul.Client()
	snapshot, _, err := client.Snapshot().Save(nil)
	w.must("save a snapshot", err)
	defer func() { _ = snapshot.Close() }()
	second := w.RegisterExternal("web", 2)
	for range 50 {
		w.Register("noise", 1)
	}
	w.Expect("web", first, second)
	w.doubt("web", "2")
	w.must("restore a snapshot", client.Snapshot().Restore(nil, snapshot))
	w.Expect("web", first)
	third := w.RegisterExternal("web", 3)
	w.Expect("web", first, third)
	w.ExpectStale("web", false)
}

// Long says that tests are to last as long as the real thing where they make it short otherwise:
// REMORA_FAULTS is long.
func Long() bool { return os.Getenv("REMORA_FAULTS") == "long" }

// Outage lasts as long as an outage does: 30 s when tests are to be long, and else 2 s.
func (w *World) Outage() {
	length := 2 * time.Second
	if Long() {
		length = 30 * time.Second
	}
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.Context().Done():
	}
}
