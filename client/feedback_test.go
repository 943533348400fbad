package client_test

import (
	"testing"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
)

// TestProcessesSeeEachOther has two balancers share least connections: what one has in use, the other
// one avoids.
func TestProcessesSeeEachOther(t *testing.T) {
	a := startAgent(t, "")
	a.register("db", "least_connections", "10.0.0.1:80", "10.0.0.2:80")
	one, other := a.open("db"), a.open("db")
	var uses []*client.Use
	for range 6 {
		use, err := one.Acquire("db", balancer.Pick{Exclude: []string{"10.0.0.2:80"}})
		a.check(err)
		uses = append(uses, use)
	}
	active := func() int {
		group, err := other.Snapshot("db")
		a.check(err)
		return group.Backends[0].ActiveConnections
	}
	a.until("the other process knows of six connections", func() bool { return active() == 6 })
	a.until("the agent does", func() bool { return a.active("db")["10.0.0.1:80"] == 6 })
	for range 6 {
		use, err := other.Acquire("db", balancer.Pick{})
		a.check(err)
		if use.Address() != "10.0.0.2:80" {
			t.Errorf("the other process chose %s, which has more connections", use.Address())
		}
		uses = append(uses, use)
	}
	a.until("the agent counts both", func() bool {
		got := a.active("db")
		return got["10.0.0.1:80"] == 6 && got["10.0.0.2:80"] == 6
	})
	for _, use := range uses {
		use.End(client.Succeeded(time.Millisecond))
		use.End(client.Failed(time.Millisecond))
	}
	a.until("all uses have ended", func() bool {
		got := a.active("db")
		return got["10.0.0.1:80"] == 0 && got["10.0.0.2:80"] == 0 && active() == 0
	})
}

// TestUsesEndWithTheProcess closes a balancer as the end of its process would.
func TestUsesEndWithTheProcess(t *testing.T) {
	a := startAgent(t, "")
	a.register("web", "round_robin", "10.0.0.1:80")
	b := a.open("web")
	_, err := b.Acquire("web", balancer.Pick{})
	a.check(err)
	a.until("the agent counts the use", func() bool { return a.active("web")["10.0.0.1:80"] == 1 })
	b.Close()
	a.until("the use is off", func() bool { return a.active("web")["10.0.0.1:80"] == 0 })
}

// TestUsesSurviveARestartOfTheAgent tells the new agent what the old one knew.
func TestUsesSurviveARestartOfTheAgent(t *testing.T) {
	a := startAgent(t, oneService)
	b := a.open("web")
	use, err := b.Acquire("web", balancer.Pick{Exclude: []string{"10.0.0.2:80", "10.0.0.3:80"}})
	a.check(err)
	a.until("the agent counts the use", func() bool { return a.active("web")["10.0.0.1:80"] == 1 })
	a.stop()
	a.start()
	a.until("the new agent counts it", func() bool { return a.active("web")["10.0.0.1:80"] == 1 })
	use.End(client.Failed(time.Millisecond))
	a.until("the use is off", func() bool { return a.active("web")["10.0.0.1:80"] == 0 })
}

func TestOutcomesReachTheAgent(t *testing.T) {
	a := startAgent(t, oneService)
	b := a.open("web")
	failures := func() int64 {
		group, err := a.Group(a.ctx(), "web")
		a.check(err)
		return group.Backends[0].ReportedFailures
	}
	for range 3 {
		b.Report("web", "10.0.0.1:80", client.Failed(time.Millisecond))
	}
	a.until("three failures in a row are known", func() bool { return failures() == 3 })
	use, err := b.Acquire("web", balancer.Pick{Exclude: []string{"10.0.0.2:80", "10.0.0.3:80"}})
	a.check(err)
	use.End(client.Succeeded(time.Millisecond))
	a.until("a success has ended them", func() bool { return failures() == 0 })
	b.Report("web", "10.0.0.1:80", client.Failed(0))
	b.Report("web", "10.0.0.9:80", client.Failed(0)) // there is no such backend
	b.Close()
	if got := failures(); got != 1 {
		t.Errorf("after Close the agent knows of %d failures, want 1", got)
	}
}
