package agent

import (
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// consulFaults is what happens to a Consul server.
func consulFaults() []fault {
	return []fault{
		{number: 1, name: "Consul SIGKILL", play: consulKilled},
		{number: 2, name: "Consul SIGSTOP", play: consulStopped},
	}
}

func (t *trial) consul(config testbed.ConsulConfig) *testbed.World {
	t.Helper()
	world := testbed.ConsulScenario{Consul: config}.Start(t)
	t.follow(world, consulConfig(world))
	return world
}

func consulKilled(t *trial) {
	world := t.consul(testbed.ConsulConfig{Durable: true})
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

func consulStopped(t *trial) {
	world := t.consul(testbed.ConsulConfig{})
	first := world.Register("web", 1)
	world.Expect("web", first)
	server := world.Consul.Servers[0]
	t.began()
	server.Pause()
	t.lasts(time.Second, time.Minute)
	server.Continue()
	t.ready()
	second := world.Register("web", 2)
	world.Expect("web", first, second)
	t.converged()
}
