package agent

import (
	"slices"
	"strings"
	"time"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// holdFaults is what a catalog withdraws by mistake, and what it withdraws because it is so.
func holdFaults() []fault {
	return []fault{
		{number: 4, name: "Consul data wiped, started empty, backends alive", play: consulWiped},
		{number: 20, name: "all leases expire at once, backends alive", play: leasesExpire},
		{number: 24, name: "60% deregistered by mistake, the others fail", play: deregisteredByMistake},
		{number: 25, name: "real drain of 75%, with accept", play: realDrain},
	}
}

// probed is a configuration whose backends are probed often.
func probed(hcl string) string {
	return hcl + "defaults {\n  health_check {\n    interval = \"100ms\"\n    timeout  = \"2s\"\n  }\n}\n"
}

// alive gives the world backends that accept connections, the n-th for every service, and names them.
func (t *trial) alive(world *testbed.World, n int) (backends []*testbed.Backend, addresses []string) {
	t.Helper()
	for range n {
		b := testbed.StartTCPBackend(t, "alive")
		backends, addresses = append(backends, b), append(addresses, b.Address())
	}
	world.Address = func(_ string, n int) string { return addresses[n] }
	return backends, addresses
}

// untilHeld waits until these backends of the service are listed and those held, by their addresses.
func (r *running) untilHeld(service string, listed, held []string) {
	r.t.Helper()
	listed, held = slices.Sorted(slices.Values(listed)), slices.Sorted(slices.Values(held))
	r.until(service, "the right ones are held", func(g wire.Group) bool {
		var is []string
		for _, b := range g.Backends {
			if b.Held {
				is = append(is, b.Address)
			}
		}
		slices.Sort(is)
		return slices.Equal(addressesOf(g), listed) && slices.Equal(is, held) &&
			g.BackendCount == len(listed) && g.HeldCount == len(held)
	})
}

// select1 selects and fails the row unless the answer is marked as it should be.
func (t *trial) select1(r *running, stale bool) string {
	t.Helper()
	s, err := r.Select(r.ctx(), "web")
	if err != nil || s.Stale != stale {
		t.Errorf("selected %q, stale: %v, %v, want stale: %v", s.Address, s.Stale, err, stale)
	}
	return s.Address
}

func consulWiped(t *trial) {
	world := testbed.ConsulScenario{Consul: testbed.ConsulConfig{Durable: true}}.Start(t)
	_, all := t.alive(world, 3)
	r := t.start(probed(consulConfig(world)))
	for n := range all {
		world.Register("web", n)
	}
	r.untilHeld("web", all, nil)
	load := t.load(r)
	load.expect("web", all...)
	server := world.Consul.Servers[0]
	t.began()
	server.Kill()
	r.until("web", "it is stale", func(g wire.Group) bool { return g.Stale })
	t.stale()
	server.Wipe()
	t.lasts(time.Second, time.Minute)
	server.Restart(world)
	t.ready()
	r.untilHeld("web", nil, all)
	t.converged()
	t.select1(r, true)
	world.Register("web", 0)
	world.Register("web", 1)
	r.until("web", "two are back", func(g wire.Group) bool { return g.BackendCount == 2 && g.HeldCount == 1 })
	t.select1(r, false)
	load.expect("web", all[:2]...) // the third is held, and there is no need of it
	t.lasts(200*time.Millisecond, time.Second)
	world.Register("web", 2)
	load.expect("web", all...)
	r.untilHeld("web", all, nil)
	t.note("nothing is lost while probes succeed; empty after hold_down or accept")
}

func leasesExpire(t *trial) {
	world := testbed.Scenario{}.Start(t)
	_, all := t.alive(world, 4)
	r := t.start(probed(etcdConfig(world)))
	for n := range all {
		world.PutLeased("web", n)
	}
	r.until("web", "some are there", func(g wire.Group) bool { return len(g.Backends) > 0 })
	load := t.load(r)
	load.expect("web", all...)
	t.began()
	for n := range all {
		world.AwaitGone("web", n)
	}
	t.ready()
	r.until("web", "nothing is listed", func(g wire.Group) bool { return g.BackendCount == 0 && g.HeldCount > 0 })
	t.converged()
	t.select1(r, true)
	for n := range all {
		world.Put("web", n)
	}
	r.untilHeld("web", all, nil)
	t.select1(r, false)
}

func deregisteredByMistake(t *trial) {
	world := testbed.ConsulScenario{}.Start(t)
	backends, all := t.alive(world, 5)
	r := t.start(probed(consulConfig(world)))
	for n := range all {
		world.Register("web", n)
	}
	r.untilHeld("web", all, nil)
	load := t.load(r)
	load.expect("web", all...)
	t.began()
	for n := range 3 {
		world.Deregister("web", n)
	}
	r.untilHeld("web", all[3:], all[:3])
	load.expect("web", all[3:]...) // at once, without grace
	t.lasts(300*time.Millisecond, 10*time.Second)
	load.expect("web", all...)
	backends[3].Down()
	backends[4].Down()
	r.until("web", "no listed one is healthy", func(g wire.Group) bool { return g.HealthyCount == 0 && g.Regime == "withdrawn" })
	load.expect("web", all[:3]...)
	t.select1(r, true)
	t.lasts(300*time.Millisecond, 10*time.Second)
	load.expect("web", all...)
	for n := range 3 {
		world.Register("web", n)
	}
	t.ready()
	r.untilHeld("web", all, nil)
	t.converged()
	t.select1(r, false)
}

func realDrain(t *trial) {
	world := testbed.ConsulScenario{}.Start(t)
	backends, all := t.alive(world, 4)
	r := t.start(probed(consulConfig(world)))
	for n := range all {
		world.Register("web", n)
	}
	r.untilHeld("web", all, nil)
	load := t.load(r)
	load.expect("web", all...)
	t.began()
	for n := range 3 {
		world.Deregister("web", n)
	}
	t.ready()
	r.untilHeld("web", all[3:], all[:3])
	load.expect("web", all[3:]...)
	t.converged()
	backends[2].Down() // as the one that was drained does in the end
	r.untilHeld("web", all[3:], all[:2])
	accepted, err := r.Accept(r.ctx(), "web")
	if want := slices.Sorted(slices.Values(all[:2])); err != nil || !slices.Equal(accepted.Removed, want) {
		t.Errorf("accepted %+v, %v, want %q", accepted, err, want)
	}
	group, err := r.Group(r.ctx(), "web")
	if r.check(err); len(group.Backends) != 1 {
		t.Errorf("after accept there are %+v", group.Backends)
	}
	history, err := r.History(r.ctx(), "web")
	r.check(err)
	if last := history.Changes[len(history.Changes)-1]; !strings.HasPrefix(last.Cause, "uid ") || !strings.Contains(last.Effect, "2 backends accepted") {
		t.Errorf("the last change is %+v", last)
	}
	t.lasts(200*time.Millisecond, 10*time.Second)
}
