package testbed

import (
	"fmt"
	"time"
)

// EtcdScenarios is what the world does to an etcd. Each entry stands for itself.
func EtcdScenarios() []Scenario {
	return []Scenario{
		{Name: "put and delete", Play: putAndDelete},
		{Name: "nothing happens", Play: nothingHappens},
		{Name: "nothing happens but a lost connection", Proxied: true, Play: nothingButALostConnection},
		{Name: "lease expiry", Play: leaseExpiry},
		{Name: "transaction of 120 operations", Play: transaction},
		{Name: "bad values beside good ones", Play: badValues},
		{Name: "compaction while cut off", Proxied: true, Play: compaction},
		{Name: "connection closed", Proxied: true, Play: cut},
		{Name: "connection stalled", Proxied: true, Play: frozenConnection},
		{Name: "network stalled", Proxied: true, Play: stalledNetwork},
		{Name: "connection half open", Proxied: true, Play: halfOpen},
		{Name: "restart and crash", Play: restart},
		{Name: "cluster loses its leader, then a member", Members: 3, Play: loseLeaderThenMember},
		{Name: "cluster with a frozen leader", Members: 3, Play: frozenLeader},
		{Name: "password with a short token", Token: time.Second, Proxied: true, Play: shortToken},
		{Name: "mTLS", MTLS: true, Play: putAndDelete},
		{Name: "10,000 services cost one watch", Play: manyServices},
	}
}

func putAndDelete(w *World) {
	w.Expect("web")
	first := w.Put("web", 1)
	w.Expect("web", first)
	second, other := w.Put("web", 2), w.Put("team/db", 1)
	w.Expect("web", first, second)
	w.Expect("team/db", other)
	w.Delete("web", 1)
	w.Expect("web", second)
	w.Delete("web", 2)
	w.Expect("web")
	w.Expect("team/db", other)
}

func nothingHappens(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	w.StayQuiet()
	w.ExpectStale("web", false)
	w.Expect("web", first, w.Put("web", 2))
}

func nothingButALostConnection(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	w.Proxy.Drop()
	w.StayQuiet()
	w.ExpectStale("web", false)
	w.Expect("web", first, w.Put("web", 2))
}

func leaseExpiry(w *World) {
	stays := w.Put("web", 1)
	goes := w.PutLeased("web", 2)
	w.Expect("web", stays, goes)
	w.Expect("web", stays)
}

func transaction(w *World) {
	services := []string{"api", "db", "web"}
	old := w.Put("web", 100)
	w.Expect("web", old)
	added := w.PutMany(services, 0, 40)
	w.Expect("api", added["api"]...)
	w.Expect("db", added["db"]...)
	w.Expect("web", append(added["web"], old)...)
	w.DeleteMany(services, 0, 40)
	w.Expect("api")
	w.Expect("db")
	w.Expect("web", old)
}

func badValues(w *World) {
	good := w.Put("web", 1)
	for i, value := range []string{
		"", "{", "[]", "null", "10.0.0.1", "10.0.0.1:0", "10.0.0.1:70000", `{"Op":7,"Addr":"10.0.0.1:80"}`,
		`{"Addr":"10.0.0.1:80","Metadata":{"weight":-1}}`, `{"Addr":"10.0.0.1:80","Metadata":{"weight":"NaN"}}`,
	} {
		w.PutValue("web", fmt.Sprintf("bad-%d", i), value)
	}
	w.Expect("web", good)
	second := w.Put("web", 2)
	w.Expect("web", good, second)
	w.PutValue("web", "2", "no address")
	w.Expect("web", good)
	w.PutValue("web", "bad-0", w.Address("web", 3))
	w.Expect("web", good, w.Address("web", 3))
}

func compaction(w *World) {
	goes, stays := w.Put("web", 1), w.Put("web", 2)
	w.Expect("web", goes, stays)
	w.Expect("gone", w.Put("gone", 1))
	w.Proxy.Cut()
	w.ExpectStale("web", true)
	w.Delete("web", 1)
	w.Delete("gone", 1)
	comes := w.Put("web", 3)
	w.Compact()
	w.Proxy.Resume(w)
	w.Expect("web", stays, comes)
	w.Expect("gone")
	w.ExpectStale("web", false)
}

func cut(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	w.Proxy.Cut()
	w.ExpectStale("web", true)
	second := w.Put("web", 2)
	w.Expect("web", first)
	w.Proxy.Resume(w)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
}

func frozenConnection(w *World) {
	goes, stays := w.Put("web", 1), w.Put("web", 2)
	w.Expect("web", goes, stays)
	w.Proxy.Freeze()
	w.Delete("web", 1)
	w.Expect("web", stays, w.Put("web", 3))
	w.ExpectStale("web", false)
}

func stalledNetwork(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	w.Proxy.Stall()
	second := w.Put("web", 2)
	w.ExpectStale("web", true)
	w.Expect("web", first)
	w.Proxy.Resume(w)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
}

func halfOpen(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	w.Proxy.HalfOpen()
	second := w.Put("web", 2)
	w.Expect("web", first, second)
	w.ExpectStale("web", false)
}

func restart(w *World) {
	have := []string{w.Put("web", 0)}
	w.Expect("web", have...)
	member := w.Etcd.Members[0]
	for n, end := range []func(){member.Stop, member.Kill} {
		end()
		w.ExpectStale("web", true)
		w.Expect("web", have...)
		member.Restart(w)
		w.ExpectStale("web", false)
		have = append(have, w.Put("web", n+1))
		w.Expect("web", have...)
	}
}

// loseLeaderThenMember keeps a quorum after the first loss and none after the second.
func loseLeaderThenMember(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	leader := w.Etcd.Leader()
	leader.Kill()
	second := w.Put("web", 2)
	w.Expect("web", first, second)
	member := w.Etcd.other(leader)
	member.Kill()
	w.ExpectStale("web", true)
	w.Expect("web", first, second)
	leader.Restart(w)
	w.Delete("web", 1)
	w.Expect("web", second, w.Put("web", 3))
	w.ExpectStale("web", false)
}

func frozenLeader(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	leader := w.Etcd.Leader()
	leader.Pause()
	second := w.Put("web", 2)
	w.Expect("web", first, second)
	leader.Continue()
	w.Delete("web", 1)
	w.Expect("web", second)
}

// shortToken lets the watcher's token expire under the watch, and then once more while it is cut off.
func shortToken(w *World) {
	first := w.Put("web", 1)
	w.Expect("web", first)
	w.PutLeased("clock", 1) // a lease lives longer than the token
	w.AwaitGone("clock", 1)
	second := w.Put("web", 2)
	w.Expect("web", first, second)
	w.Proxy.Cut()
	w.ExpectStale("web", true)
	w.Delete("web", 1)
	w.PutLeased("clock", 2)
	w.AwaitGone("clock", 2)
	w.Proxy.Resume(w)
	w.Expect("web", second)
	w.ExpectStale("web", false)
}

func manyServices(w *World) {
	const services, batch = 10_000, 100
	names := make([]string, services)
	for i := range names {
		names[i] = fmt.Sprintf("service-%05d", i)
	}
	for i := 0; i < services; i += batch {
		w.PutMany(names[i:i+batch], 0, 1)
	}
	for i := 0; i < services; i += services / 8 {
		w.Expect(names[i], w.Address(names[i], 0))
	}
	w.Expect(names[1], w.Address(names[1], 0), w.Put(names[1], 1))
	if got := w.Etcd.Members[0].Metric(w, "etcd_debugging_mvcc_watcher_total"); got != 1 {
		w.Errorf("etcd serves %v watches, want 1", got)
	}
}
