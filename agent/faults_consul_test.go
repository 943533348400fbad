package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// consulFaults is what happens to a Consul server.
func consulFaults() []fault {
	return []fault{
		{number: 1, name: "Consul SIGKILL", play: consulKilled},
		{number: 2, name: "Consul SIGSTOP", play: consulStopped},
		{number: 3, name: "Consul has no leader", play: consulLeaderless},
		{number: 5, name: "Consul snapshot restored, index lower", play: consulRestored},
		{number: 10, name: "50 updates a second, 60% of them flaps", play: consulFlaps},
		{number: 22, name: "half-open TCP to Consul", play: consulHalfOpen},
	}
}

// consul starts a Consul and an agent that follows it.
func (t *trial) consul(scenario testbed.ConsulScenario) *testbed.World {
	t.Helper()
	world := scenario.Start(t)
	t.follow(world, consulConfig(world))
	return world
}

func consulKilled(t *trial) {
	world := t.consul(testbed.ConsulScenario{Consul: testbed.ConsulConfig{Durable: true}})
	first, second := world.RegisterExternal("web", 1), world.RegisterExternal("web", 2)
	world.Expect("web", first, second)
	server := world.Consul.Servers[0]
	t.began()
	server.Kill()
	world.ExpectStale("web", true)
	t.stale()
	t.lasts(time.Second, time.Minute)
	server.Restart(world)
	t.ready()
	third := world.RegisterExternal("web", 3)
	world.Expect("web", first, second, third)
	world.ExpectStale("web", false)
	t.converged()
}

// consulStopped is over before the silence shows, when short.
func consulStopped(t *trial) {
	world := t.consul(testbed.ConsulScenario{})
	first := world.Register("web", 1)
	world.Expect("web", first)
	server := world.Consul.Servers[0]
	t.began()
	server.Pause()
	if t.isLong() {
		world.ExpectStale("web", true)
		t.stale()
	}
	t.lasts(time.Second, time.Second)
	server.Continue()
	t.ready()
	second := world.Register("web", 2)
	world.Expect("web", first, second)
	world.ExpectStale("web", false)
	t.converged()
}

// consulLeaderless has the agent at a server that is left alone. It holds queries that wait back, and
// answers them from what it has when their time is up, so that nothing shows.
func consulLeaderless(t *trial) {
	world := t.consul(testbed.ConsulScenario{Consul: testbed.ConsulConfig{Servers: 3}})
	first := world.RegisterExternal("web", 1)
	world.Expect("web", first)
	others := world.Consul.Servers[1:]
	t.began()
	for _, server := range others {
		server.Kill()
	}
	t.lasts(2*time.Second, time.Minute)
	others[0].Restart(world)
	t.ready()
	second := world.RegisterExternal("web", 2)
	world.Expect("web", first, second)
	world.ExpectStale("web", false)
	t.converged()
}

func consulRestored(t *trial) {
	world := t.consul(testbed.ConsulScenario{Consul: testbed.ConsulConfig{Durable: true}})
	first := world.RegisterExternal("web", 1)
	world.Expect("web", first)
	client := world.Consul.Client()
	snapshot, _, err := client.Snapshot().Save(nil)
	must(t.T, err)
	defer func() { _ = snapshot.Close() }()
	second := world.RegisterExternal("web", 2)
	for range 50 {
		world.Register("noise", 1)
	}
	world.Expect("web", first, second)
	world.Doubt("web")
	world.RegisterExternal("web", 1) // it is certain, before and after
	t.began()
	must(t.T, client.Snapshot().Restore(nil, snapshot))
	t.ready()
	world.Expect("web", first)
	t.converged()
}

// consulFlaps changes a service fifty times a second: three times of five a check turns, else an
// instance comes or goes. Two instances are left in peace.
func consulFlaps(t *trial) {
	world := t.consul(testbed.ConsulScenario{})
	calm := []string{world.Register("web", 1), world.Register("web", 2)}
	for n := 3; n < 10; n++ {
		world.RegisterAs(registration("web", n), world.Address("web", n))
	}
	t.agent.until("web", "all are there", func(g wire.Group) bool { return g.BackendCount == 9 })
	world.Expect("web", append(addresses(world, 3, 10), calm...)...)
	t.began()
	ctx, cancel := context.WithTimeout(t.Context(), t.length(5*time.Second, time.Minute))
	defer cancel()
	pace := time.NewTicker(time.Second / 50)
	defer pace.Stop()
	updates := 0 // 60% of them flaps
	for ; ctx.Err() == nil; updates++ {
		flap(t, world, updates)
		<-pace.C
	}
	for n := 3; n < 10; n++ {
		world.RegisterAs(registration("web", n), world.Address("web", n))
		must(t.T, world.Consul.Client().Agent().UpdateTTL(registration("web", n).Check.CheckID, "", api.HealthPassing))
	}
	t.ready()
	world.Expect("web", append(addresses(world, 3, 10), calm...)...)
	world.ExpectUsable("web", append(addresses(world, 3, 10), calm...)...)
	t.converged()
	t.note("%.0f updates a second", float64(updates)/t.row.outage.Seconds())
}

// flap is the i-th update.
func flap(t *trial, world *testbed.World, i int) {
	t.Helper()
	agent := world.Consul.Client().Agent()
	n := 3 + i/2%4 // whose check turns
	switch i % 5 {
	case 0, 2, 4:
		status := api.HealthCritical
		if i%2 == 1 {
			status = api.HealthPassing
		}
		must(t.T, agent.UpdateTTL(registration("web", n).Check.CheckID, "", status))
	case 1:
		must(t.T, agent.ServiceDeregister(registration("web", 7+i/5%3).ID))
	case 3:
		world.RegisterAs(registration("web", 7+i/5%3), world.Address("web", 7+i/5%3))
	}
}

func registration(service string, n int) *api.AgentServiceRegistration {
	id := fmt.Sprintf("%s-%d", service, n)
	return &api.AgentServiceRegistration{ID: id, Name: service, Check: &api.AgentServiceCheck{
		CheckID: "check:" + id, TTL: "1h", Status: api.HealthPassing,
	}}
}

// addresses names the backends from to to-1 of service web.
func addresses(world *testbed.World, from, to int) (list []string) {
	for n := from; n < to; n++ {
		list = append(list, world.Address("web", n))
	}
	return list
}

// consulHalfOpen is silence on the connections there are. Over plain HTTP it shows only once an answer
// is overdue, which is too long for a short form: there the half-open connection is closed in the end.
func consulHalfOpen(t *trial) {
	world := t.consul(testbed.ConsulScenario{Proxied: true})
	first := world.Register("web", 1)
	world.Expect("web", first)
	t.began()
	world.Proxy.HalfOpen()
	second := world.Register("web", 2)
	if t.isLong() {
		world.ExpectStale("web", true)
		t.stale()
	} else {
		t.lasts(time.Second, 0)
		world.Proxy.Drop()
	}
	t.ready()
	world.Expect("web", first, second)
	world.ExpectStale("web", false)
	t.converged()
}
