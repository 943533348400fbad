package agent

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// TestHeldBackendsAreShown has a catalog withdraw all of a service whose backends nobody probes, and looks
// at everything that shows it.
func TestHeldBackendsAreShown(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{}.Start(t)
	all := world.PutMany([]string{"web"}, 0, 3)["web"]
	r := start(t, etcdConfig(world))
	r.untilHeld("web", all, nil)
	application, err := client.Open(r.ctx(), r.socket, "web")
	r.check(err)
	defer application.Close()
	r.check(r.SetAdmin(r.ctx(), "web", all[2], wire.AdminDrain))
	world.DeleteMany([]string{"web"}, 0, 3)
	r.untilHeld("web", nil, all)

	group, err := r.Group(r.ctx(), "web")
	r.check(err)
	for _, b := range group.Backends {
		if !b.Held || b.HeldUntil == "" || b.Healthy == (b.Address == all[2]) {
			t.Errorf("a backend is %+v", b)
		}
	}
	if group.Regime != string(balancer.Withdrawn) || group.Stale || len(group.Tiers) != 1 || !group.Tiers[0].Held {
		t.Errorf("the group is %+v", group)
	}
	s, err := r.Select(r.ctx(), "web")
	if err != nil || !s.Stale || !slices.Contains(all[:2], s.Address) {
		t.Errorf("selected %+v, %v", s, err)
	}
	e, err := r.Explain(r.ctx(), "web")
	r.check(err)
	why := regexp.MustCompile(`^(drained by an operator; )?withdrawn by its source \d+s ago, held until \d\d:\d\d:\d\d$`)
	for _, c := range e.Explain.Backends {
		if !why.MatchString(c.Reason) || c.Eligible == (c.Address == all[2]) {
			t.Errorf("%s is eligible: %v, because: %q", c.Address, c.Eligible, c.Reason)
		}
	}
	history, err := r.History(r.ctx(), "web")
	r.check(err)
	held := 0
	for _, c := range history.Changes {
		if strings.HasPrefix(c.Effect, "withdrawn and held until ") {
			held++
		}
	}
	if held != 3 {
		t.Errorf("the history says %d times that a backend is held: %+v", held, history.Changes)
	}
	info, err := r.Agent(r.ctx())
	if err != nil || info.HeldBackends != 3 || info.HeldServices != 1 {
		t.Errorf("the agent says that %d backends of %d services are held, %v", info.HeldBackends, info.HeldServices, err)
	}
	if text, err := r.Metrics(r.ctx()); err != nil || !strings.Contains(text, `remora_held_backends{service="web"} 3`) {
		t.Errorf("the metrics lack the three that are held: %v", err)
	}
	services, err := r.Services(r.ctx())
	if err != nil || services[0].BackendCount != 0 || services[0].HeldCount != 3 {
		t.Errorf("the services are %+v, %v", services, err)
	}
	picksHeld(t, r, application, all[:2])
}

// picksHeld waits until a balancer inside an application has the held backends, and has it pick one.
func picksHeld(t *testing.T, r *running, application *client.Balancer, of []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(r.ctx())
	defer cancel()
	_ = application.Follow(ctx, "web", func([]balancer.Eligible) {
		if s, err := application.Snapshot("web"); err == nil && s.HeldCount == 3 && s.Regime == balancer.Withdrawn {
			cancel()
		}
	})
	s, err := application.SelectWith("web", balancer.Pick{})
	if err != nil || !s.Stale() || !s.Held() || !slices.Contains(of, s.Address()) {
		t.Errorf("the application selected %v, %v, want one of %q, stale", s, err, of)
	}
}

// TestHoldEnds has hold_down end a hold, and on_empty keep one from beginning.
func TestHoldEnds(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{}.Start(t)
	services := []string{"short", "never"}
	world.PutMany(services, 0, 3)
	r := start(t, etcdConfig(world)+`
service "short" {
  source "main" {}
  hold_down = "200ms"
}
service "never" {
  source "main" {}
  on_empty = "accept"
}
`)
	for _, service := range services {
		r.until(service, "it is there", func(g wire.Group) bool { return len(g.Backends) == 3 })
	}
	world.DeleteMany(services, 0, 3)
	for service, want := range map[string]bool{"short": true, "never": false} {
		r.until(service, "nothing is left", func(g wire.Group) bool { return len(g.Backends) == 0 })
		history, err := r.History(r.ctx(), service)
		r.check(err)
		held := slices.ContainsFunc(history.Changes, func(c wire.Change) bool { return strings.Contains(c.Effect, "held until") })
		if held != want {
			t.Errorf("%s was held: %v, want %v: %+v", service, held, want, history.Changes)
		}
		if _, err := r.Select(r.ctx(), service); code(err) != wire.CodeNoBackends {
			t.Errorf("select of %s: %v", service, err)
		}
	}
}

// TestReloadTakesOutAtOnce has the configuration itself withdraw what it listed.
func TestReloadTakesOutAtOnce(t *testing.T) {
	t.Parallel()
	r := start(t, "service \"web\" {\n  backend \"10.0.0.1:80\" {}\n  backend \"10.0.0.2:80\" {}\n  backend \"10.0.0.3:80\" {}\n}\n")
	r.until("web", "three are there", func(g wire.Group) bool { return len(g.Backends) == 3 })
	r.configure("service \"web\" {\n  backend \"10.0.0.1:80\" {}\n}\n")
	_, err := r.Reload(r.ctx())
	r.check(err)
	r.until("web", "one is left", func(g wire.Group) bool { return len(g.Backends) == 1 && g.HeldCount == 0 })
}

// slowHolds notes how long the turns of a request had lasted by the time that it waited.
type slowHolds struct {
	holds
	turn   *fair.Turn
	worked time.Duration
}

func (h *slowHolds) Accept(context.Context, string) ([]string, error) {
	h.worked = h.turn.Worked()
	return nil, nil
}

// TestAcceptWaitsBetweenTurns: who waits for the catalog keeps nobody else from working.
func TestAcceptWaitsBetweenTurns(t *testing.T) {
	turn := fair.NewTurns().NewTurn(0)
	defer turn.End()
	if err := turn.Take(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	waits := &slowHolds{turn: turn}
	g := &groups{holds: waits}
	g.records.Store("web", &record{})
	if _, err := g.Accept(fair.WithTurn(t.Context(), turn), "web"); err != nil {
		t.Fatal(err)
	}
	if waits.worked == 0 {
		t.Error("the turn had not ended while the request waited")
	}
}
