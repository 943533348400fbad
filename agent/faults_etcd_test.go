package agent

import (
	"fmt"
	"strings"
	"time"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// etcdFaults is what happens to an etcd.
func etcdFaults() []fault {
	return []fault{
		{number: 13, name: "senseless values, and one of 10 MB", play: etcdSenseless},
		{number: 14, name: "etcd SIGKILL", play: etcdKilled},
		{number: 15, name: "etcd SIGSTOP", play: etcdStopped},
		{number: 16, name: "compaction past the watch", play: etcdCompacted},
		{number: 17, name: "watch events lost, all else answered", play: etcdEventsLost},
		{number: 19, name: "etcd auth token expires", play: etcdTokenExpires},
		{number: 21, name: "a poison value over a good key", play: etcdPoisoned},
		{number: 22, name: "half-open TCP to etcd", play: etcdHalfOpen},
	}
}

// etcd starts an etcd and an agent that follows it.
func (t *trial) etcd(scenario testbed.Scenario) *testbed.World {
	t.Helper()
	world := scenario.Start(t)
	t.follow(world, etcdConfig(world))
	return world
}

func etcdKilled(t *trial) {
	world := t.etcd(testbed.Scenario{})
	first := world.Put("web", 1)
	world.Expect("web", first)
	member := world.Etcd.Members[0]
	t.began()
	member.Kill()
	world.ExpectStale("web", true)
	t.stale()
	t.lasts(time.Second, time.Minute)
	member.Restart(world)
	t.ready()
	world.Etcd.Reconnect()
	etcdConverges(t, world, first)
}

func etcdStopped(t *trial) {
	world := t.etcd(testbed.Scenario{})
	first := world.Put("web", 1)
	world.Expect("web", first)
	member := world.Etcd.Members[0]
	t.began()
	member.Pause()
	if t.isLong() {
		world.ExpectStale("web", true)
		t.stale()
	}
	t.lasts(2*time.Second, 48*time.Second)
	member.Continue()
	t.ready()
	world.Etcd.Reconnect()
	etcdConverges(t, world, first)
}

// etcdConverges ends a row whose world is ready with a change that must be seen.
func etcdConverges(t *trial, world *testbed.World, have ...string) {
	t.Helper()
	world.Expect("web", append(have, world.Put("web", 9))...)
	world.ExpectStale("web", false)
	t.converged()
}

func etcdCompacted(t *trial) {
	world := t.etcd(testbed.Scenario{Proxied: true})
	goes, stays := world.Put("web", 1), world.Put("web", 2)
	world.Expect("web", goes, stays)
	t.began()
	world.Proxy.Cut()
	world.ExpectStale("web", true)
	t.stale()
	world.Delete("web", 1)
	comes := world.Put("web", 3)
	world.Compact()
	t.lasts(time.Second, 30*time.Second)
	world.Proxy.Resume(world)
	t.ready()
	world.Expect("web", stays, comes)
	world.ExpectStale("web", false)
	t.converged()
}

// etcdTokenExpires has the token expire under the watch and while the agent is cut off.
func etcdTokenExpires(t *trial) {
	world := t.etcd(testbed.Scenario{Token: time.Second, Proxied: true})
	first := world.Put("web", 1)
	world.Expect("web", first)
	t.began()
	awaitLease(world, 1)
	world.Expect("web", first, world.Put("web", 2))
	world.Proxy.Cut()
	world.ExpectStale("web", true)
	awaitLease(world, 2)
	t.lasts(time.Second, 30*time.Second)
	world.Proxy.Resume(world)
	t.ready()
	etcdConverges(t, world, first, world.Address("web", 2))
}

// awaitLease returns when a lease has expired, which lives longer than a token.
func awaitLease(world *testbed.World, n int) {
	world.PutLeased("clock", n)
	world.AwaitGone("clock", n)
}

// etcdPoisoned writes nonsense over a good key, again and again.
func etcdPoisoned(t *trial) {
	world := t.etcd(testbed.Scenario{})
	first, second := world.Put("web", 1), world.Put("web", 2)
	world.Expect("web", first, second)
	t.began()
	for i := range int(t.length(3*time.Second, 30*time.Second) / time.Second) {
		world.PutValue("web", "2", strings.Repeat("{", i+1))
		world.Expect("web", first)
		world.Put("web", 2)
		world.Expect("web", first, second)
		t.lasts(0, time.Second)
	}
	world.PutValue("web", "2", "\x00\xff")
	world.Expect("web", first)
	t.ready()
	world.Put("web", 2)
	world.Expect("web", first, second)
	t.converged()
}

// etcdSenseless has all kinds of values that make no sense beside good ones.
func etcdSenseless(t *trial) {
	world := t.etcd(testbed.Scenario{MaxRequestBytes: 16 << 20})
	first := world.Put("web", 1)
	world.Expect("web", first)
	t.began()
	values := []string{
		"10.0.0.9:0", "10.0.0.9:70000", ":80", "10.0.0.9", `{"Addr":""}`, "null", "[]", "{", "",
		`{"Addr":"10.0.0.9:80","Metadata":{"weight":"NaN"}}`, `{"Addr":"10.0.0.9:80","Metadata":{"weight":-1}}`,
		`{"Addr":"10.0.0.9:80","Metadata":{"weight":1e999}}`,
	}
	for i, value := range values {
		world.PutValue("web", fmt.Sprintf("bad-%d", i), value)
	}
	world.PutValue("web", "same-address", first)
	world.PutValue("web", "large", strings.Repeat("x", 10<<20))
	second := world.Put("web", 2)
	world.Expect("web", first, second)
	t.ready()
	t.agent.until("web", "the good ones are as they were", func(g wire.Group) bool { return g.HealthyCount == 2 && !g.Stale })
	etcdConverges(t, world, first, second)
}

// etcdEventsLost has what the watch says get lost, while every other request is answered, and the very
// connection goes on. A change meanwhile is seen once the agent has noticed that nothing is heard.
func etcdEventsLost(t *trial) {
	world := testbed.Scenario{}.Start(t)
	proxy := testbed.StartStreamProxy(t, world.Etcd.Members[0].Address())
	world.Endpoints = []string{"http://" + proxy.Address()}
	t.follow(world, etcdConfig(world))
	first := world.Put("web", 1)
	world.Expect("web", first)
	t.began()
	if proxy.Swallow("/Watch") != 1 {
		t.Fatal("there is not just one watch")
	}
	second := world.Put("web", 2)
	world.Expect("web", first, second)
	t.ready()
	t.note("lasted until the change was seen")
}

func etcdHalfOpen(t *trial) {
	world := t.etcd(testbed.Scenario{Proxied: true})
	first := world.Put("web", 1)
	world.Expect("web", first)
	t.began()
	world.Proxy.HalfOpen()
	second := world.Put("web", 2)
	world.ExpectStale("web", true)
	t.stale()
	t.ready()
	world.Expect("web", first, second)
	world.ExpectStale("web", false)
	t.converged()
}
