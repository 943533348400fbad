package agent

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health/damping"
	"github.com/remora-agent/remora/internal/testbed"
)

// TestDamperKeepsTime has holds begin and end as time goes by, and each told once.
func TestDamperKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		began := time.Now()
		tell := func(what, address string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf("%v %s %s", time.Since(began), what, address))
		}
		d := newDamper()
		d.members = func(string) int { return 3 }
		d.damp = func(_, address string, _ damping.Hold, held bool) { tell(fmt.Sprint(held), address) }
		d.began = func(_ string, h damping.Hold) { tell("held for "+h.Until.Sub(h.Since).String(), h.Address) }
		d.over = func(_ string, h damping.Hold) { tell("over", h.Address) }
		d.setService("web", damping.Settings{Changes: 6, Window: time.Minute, BaseHold: 10 * time.Second, MaxHold: 5 * time.Minute})
		var running sync.WaitGroup
		running.Go(func() { _ = d.Run(t.Context()) })
		for range 15 { // until 14 s: into the second hold
			d.turned("web", "a")
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Minute)
		d.mu.Lock()
		if len(d.alarms) != 1 || d.alarms[0].service != "web" || d.services["web"].group.Empty() {
			t.Errorf("it is forgotten already, or never will be: %v", d.alarms)
		}
		d.mu.Unlock()
		time.Sleep(10 * time.Minute)
		d.mu.Lock()
		if len(d.alarms) != 0 || !d.services["web"].group.Empty() {
			t.Errorf("it is not forgotten: %v", d.alarms)
		}
		d.mu.Unlock()
		want := "[6s true a 6s held for 10s a 16s true a 16s held for 20s a 36s false a 36s over a]"
		mu.Lock()
		defer mu.Unlock()
		if got := fmt.Sprint(told); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

// TestABackendThatFlapsIsHeldDown has a real backend come and go before a real prober.
func TestABackendThatFlapsIsHeldDown(t *testing.T) {
	flapping, good, other := testbed.StartTCPBackend(t, "bad"), listenTCP(t).Addr().String(), listenTCP(t).Addr().String()
	bad := flapping.Address()
	r := start(t, fmt.Sprintf(`
service "web" {
  backend %q {}
  backend %q {}
  backend %q {}
  health_check {
    interval = "100ms"
  }
  flap_damping {
    base_hold = "2s"
    max_hold  = "4s"
  }
}
`, bad, good, other))
	turn := func(healthy bool) {
		t.Helper()
		r.until("web", fmt.Sprintf("healthy: %v", healthy), func(g wire.Group) bool { return backend(g, bad).Healthy == healthy })
	}
	for range 3 {
		flapping.Down()
		turn(false)
		flapping.Up(t)
		turn(true)
	}
	group, err := r.Group(r.ctx(), "web")
	r.check(err)
	if backend(group, bad).Damped {
		t.Error("held down after six changes")
	}
	flapping.Down()
	turn(false)
	flapping.Up(t)
	group = r.until("web", "it is healthy and held down", func(g wire.Group) bool {
		b := backend(g, bad)
		return b.Healthy && b.Damped
	})
	b := backend(group, bad)
	if b.DampedUntil == "" || b.DampedReason != "flapping, 7 changes of state" || group.HealthyCount != 3 {
		t.Errorf("it shows as %+v of %d healthy", b, group.HealthyCount)
	}
	for range 6 {
		e, err := r.Explain(r.ctx(), "web")
		r.check(err)
		if e.Address == bad && stillDamped(r) {
			t.Errorf("selected though it is held down: %+v", e)
		}
		for _, c := range e.Explain.Backends {
			if c.Address == bad && !c.Eligible && !strings.Contains(c.Reason, "more of 2s: flapping, 7 changes of state") {
				t.Errorf("explained as %q", c.Reason)
			}
		}
	}
	r.until("web", "it is free", func(g wire.Group) bool { return !backend(g, bad).Damped })
	history, err := r.History(r.ctx(), "web")
	r.check(err)
	var effects []string
	for _, c := range history.Changes {
		if c.Cause == "damping" {
			effects = append(effects, c.Effect)
		}
	}
	if got := strings.Join(effects, "; "); got != "held down for 2s: flapping, 7 changes of state; no longer held down" {
		t.Errorf("the history says %q", got)
	}
}

func stillDamped(r *running) bool {
	group, err := r.Group(r.ctx(), "web")
	r.check(err)
	for _, b := range group.Backends {
		if b.Damped {
			return true
		}
	}
	return false
}

// TestARegistryThatFlapsIsDamped counts what a source says: critical and back, gone and back.
func TestARegistryThatFlapsIsDamped(t *testing.T) {
	for name, flap := range map[string]func(list []discovery.Endpoint, n int) []discovery.Endpoint{
		"critical and passing": func(list []discovery.Endpoint, n int) []discovery.Endpoint {
			list[0].Status = [...]discovery.Status{discovery.StatusPassing, discovery.StatusCritical}[n%2]
			return list
		},
		"gone and back": func(list []discovery.Endpoint, n int) []discovery.Endpoint { return list[n%2:] },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGroups()
			g.policies.config.Defaults.FlapDamping = damping.Settings{Changes: 6, Window: time.Hour, BaseHold: time.Hour, MaxHold: time.Hour}
			for n := range 9 {
				list := flap([]discovery.Endpoint{{Address: "a:1", Weight: 1}, {Address: "b:1", Weight: 1}, {Address: "c:1", Weight: 1}, {Address: "d:1", Weight: 1}}, n)
				g.Apply(discovery.Update{Service: "web", Sources: []string{"main"}, Endpoints: list})
			}
			group, _ := g.Group("web")
			if b := backend(group, "a:1"); !b.Damped || b.DampedUntil == "" {
				t.Errorf("after eight changes: %+v", b)
			}
			for range 10 {
				s, err := g.lb.Select("web")
				if err != nil {
					t.Fatal(err)
				}
				if s.Address() == "a:1" {
					t.Error("selected though it is held down")
				}
			}
		})
	}
}

// TestMarksAreNoFlaps: what an operator says counts as often as it is said.
func TestMarksAreNoFlaps(t *testing.T) {
	r := start(t, twoServices)
	for range 10 {
		r.check(r.MarkHealth(r.ctx(), "web", "10.0.0.1:80", false))
		r.check(r.MarkHealth(r.ctx(), "web", "10.0.0.1:80", true))
	}
	if stillDamped(r) {
		t.Error("held down")
	}
}

// TestDampingTurnedOffFreesEverybody, as a reload does it.
func TestDampingTurnedOffFreesEverybody(t *testing.T) {
	d, lb := newDamper(), balancer.New()
	g := newGroups()
	g.lb = lb
	g.watchFlaps(d)
	if err := lb.Register("web", []balancer.Endpoint{{Address: "a:1"}, {Address: "b:1"}, {Address: "c:1"}}, balancer.RoundRobin); err != nil {
		t.Fatal(err)
	}
	d.setService("web", damping.Settings{Changes: 1, Window: time.Hour, BaseHold: time.Hour, MaxHold: time.Hour})
	for range 2 {
		d.turned("web", "a:1")
	}
	if held, holds := d.stats("web"); held != 1 || holds != 1 {
		t.Errorf("%d held, %d holds, want one of each", held, holds)
	}
	d.setService("web", damping.Settings{})
	if group, _ := g.Group("web"); backend(group, "a:1").Damped {
		t.Error("still held down")
	}
}
