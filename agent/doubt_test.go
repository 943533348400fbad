package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// TestDoubts plays outcomes of one backend, a letter each: f fails, s succeeds, a digit is so many seconds
// without any. It says how often that makes the backend doubtful.
func TestDoubts(t *testing.T) {
	for _, tt := range []struct {
		outcomes string
		want     int
	}{
		{"", 0},
		{"f", 0},
		{"ff", 0},
		{"fff", 1},
		{"fffff", 1},
		{"ffffff", 2},
		{"ffsff", 0},
		{"ffsfff", 1},
		{"f5f5f", 1},
		{"f5f6f", 0},
		{"f5f6fff", 1},
		{"s", 0},
		{"sfff", 1},
	} {
		t.Run(tt.outcomes, func(t *testing.T) {
			n, now := 0, time.Now()
			d := newDoubts(func(string, string) { n++ })
			for _, o := range tt.outcomes {
				if o >= '0' && o <= '9' {
					now = now.Add(time.Duration(o-'0') * time.Second)
					continue
				}
				d.outcome("web", "a:1", o == 's', now)
				d.outcome("web", "b:1", true, now) // another backend has no say in it
			}
			if n != tt.want {
				t.Errorf("doubtful %d times, want %d", n, tt.want)
			}
		})
	}
}

func TestDoubtsAreBounded(t *testing.T) {
	n, now := 0, time.Now()
	d := newDoubts(func(string, string) { n++ })
	for i := range 3 * doubtfulMost {
		d.outcome("web", fmt.Sprint(i), false, now)
		if len(d.streaks) > doubtfulMost {
			t.Fatalf("%d backends are kept an eye on", len(d.streaks))
		}
	}
	for range doubtfulAfter {
		d.outcome("web", "x", false, now.Add(time.Minute))
	}
	if n != 1 {
		t.Errorf("doubtful %d times, want 1", n)
	}
}

// TestFailuresHealAStalledWatch stalls the connection on which Consul would tell what has changed, for as
// long as the query may wait, which is longer than the test. Applications find out first.
func TestFailuresHealAStalledWatch(t *testing.T) {
	t.Parallel()
	world := testbed.ConsulScenario{Proxied: true}.Start(t)
	r := start(t, consulConfig(world))
	gone, stays := world.Register("web", 1), world.Register("web", 2)
	r.untilHeld("web", []string{gone, stays}, nil)
	world.Proxy.Freeze()
	world.Deregister("web", 1)
	next := world.Register("web", 3)
	for range doubtfulAfter {
		r.check(r.Report(r.ctx(), wire.Report{Service: "web", Address: gone, Outcome: failure()}))
	}
	r.untilHeld("web", []string{stays, next}, nil)
	text, err := r.Metrics(r.ctx())
	r.check(err)
	if !strings.Contains(text, `remora_provider_rechecks_total{provider="main",type="consul"} 1`) {
		t.Error("the metrics do not count one recheck")
	}
}

// TestFailuresSendAHeldBackendAway has nobody probe, and one of two held backends fail for applications.
func TestFailuresSendAHeldBackendAway(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{}.Start(t)
	all := world.PutMany([]string{"web"}, 0, 2)["web"]
	r := start(t, etcdConfig(world))
	r.untilHeld("web", all, nil)
	world.DeleteMany([]string{"web"}, 0, 2)
	r.untilHeld("web", nil, all)
	for range doubtfulAfter {
		r.check(r.Report(r.ctx(), wire.Report{Service: "web", Address: all[0], Outcome: failure()}))
	}
	r.untilHeld("web", nil, all[1:])
}

// TestProbesSpeakForAHeldBackend has applications say of a held backend what its probes deny.
func TestProbesSpeakForAHeldBackend(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{}.Start(t)
	address := testbed.StartTCPBackend(t, "alive").Address()
	world.Address = func(string, int) string { return address }
	world.Put("web", 0)
	r := start(t, probed(etcdConfig(world)))
	r.until("web", "it is probed", func(g wire.Group) bool { return backend(g, address).Verdicts.Active == "ok" })
	world.Delete("web", 0)
	r.untilHeld("web", nil, []string{address})
	for range doubtfulAfter {
		r.check(r.Report(r.ctx(), wire.Report{Service: "web", Address: address, Outcome: failure()}))
	}
	s, err := r.Select(r.ctx(), "web")
	if err != nil || s.Address != address || !s.Stale {
		t.Errorf("selected %+v, %v, want what is held", s, err)
	}
}

func failure() wire.Outcome { return wire.Outcome{Success: new(bool)} }
