package agent

import (
	"context"
	"slices"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// weatherFaults is what networks do that work badly.
func weatherFaults() []fault {
	return []fault{
		{number: 23, name: "±500 ms, 1 KB a second and resets before Consul", play: func(t *trial) {
			world := t.consul(testbed.ConsulScenario{Proxied: true})
			badWeather(t, world, world.Register)
		}},
		{number: 23, name: "±500 ms, 1 KB a second and resets before etcd", play: func(t *trial) {
			world := t.etcd(testbed.Scenario{Proxied: true})
			badWeather(t, world, world.Put)
		}},
	}
}

// badWeather goes on registering, whether it gets through or not.
func badWeather(t *trial, world *testbed.World, register func(service string, n int) string) {
	have := []string{register("web", 1)}
	world.Expect("web", have...)
	ctx, cancel := context.WithTimeout(t.Context(), t.length(5*time.Second, 2*time.Minute))
	defer cancel()
	t.began()
	world.Proxy.Degrade(testbed.Weather{Delay: time.Second, BytesPerSecond: 1 << 10})
	resets := time.NewTicker(t.length(time.Second, 7*time.Second))
	defer resets.Stop()
	for n := 2; ctx.Err() == nil; n++ {
		have = append(have, register("web", 1+n%20))
		select {
		case <-resets.C:
			world.Proxy.Drop()
		case <-ctx.Done():
		}
	}
	world.Proxy.Degrade(testbed.Weather{})
	t.ready()
	slices.Sort(have)
	world.Expect("web", slices.Compact(have)...)
	world.ExpectStale("web", false)
	t.converged()
}
