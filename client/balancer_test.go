package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

type clientEligible = balancer.Eligible

const oneService = `
service "web" {
  backend "10.0.0.1:80" {
    weight = 5
    zone   = "a"
  }
  backend "10.0.0.2:80" {}
  backend "10.0.0.3:80" {}
}
`

func TestBalancerChoosesAsTheAgentDoes(t *testing.T) {
	a := startAgent(t, oneService)
	b := a.open("web")
	for i := range 14 {
		there, err := a.Select(a.ctx(), "web")
		a.check(err)
		here, err := b.SelectWith("web", balancer.Pick{})
		a.check(err)
		if here.Address() != there.Address || here.Weight() != there.Weight || here.Zone() != there.Zone {
			t.Errorf("pick %d is %s here, %s there", i, here.Address(), there.Address)
		}
	}
	if got := b.Status(); !got.Connected || got.Err != nil || got.Age > guard {
		t.Errorf("the status is %+v", got)
	}
}

func TestBalancerFollowsEveryKindOfChange(t *testing.T) {
	a := startAgent(t, "")
	a.register("api", "round_robin", "10.0.0.1:80", "10.0.0.2:80")
	b := a.open("api")
	ctx := a.ctx()
	kept, err := b.SelectWith("api", balancer.Pick{Exclude: []string{"10.0.0.2:80"}})
	a.check(err)

	a.check(a.AddBackend(ctx, "api", wire.BackendSpec{Address: "10.0.0.3:80"}))
	follow(t, b, "api", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
	a.check(a.SetAdmin(ctx, "api", "10.0.0.2:80", wire.AdminDrain))
	follow(t, b, "api", "10.0.0.1:80", "10.0.0.3:80")
	a.check(a.SetAdmin(ctx, "api", "10.0.0.2:80", wire.AdminReady))
	a.check(a.MarkHealth(ctx, "api", "10.0.0.3:80", false))
	follow(t, b, "api", "10.0.0.1:80", "10.0.0.2:80")
	a.check(a.RemoveBackend(ctx, "api", "10.0.0.2:80"))
	follow(t, b, "api", "10.0.0.1:80")
	if now, err := b.Select("api"); err != nil || now != kept.Backend {
		t.Errorf("the backend that stayed is another one: %v, %v", now, err)
	}
	five := 5
	a.check(a.AddBackend(ctx, "api", wire.BackendSpec{Address: "10.0.0.1:80", Weight: &five, Zone: "b"}))
	waitFor(t, b, "api", "the weight is 5", func() bool { return b.Eligible("api")[0].Weight == 5 })

	a.check(a.Unregister(ctx, "api"))
	waitFor(t, b, "api", "the service is gone", func() bool { return b.Eligible("api") == nil })
	if _, err := b.Select("api"); !errors.Is(err, balancer.ErrUnknownService) {
		t.Errorf("got %v from a service that is gone", err)
	}
	a.register("api", "round_robin", "10.0.0.9:80")
	follow(t, b, "api", "10.0.0.9:80")
}

// TestBalancerTakesPoliciesOver has a panic threshold that a reload changes.
func TestBalancerTakesPoliciesOver(t *testing.T) {
	config := func(threshold int) string {
		return strings.Replace(oneService, "{", fmt.Sprintf("{\n  panic_threshold = %d", threshold), 1)
	}
	a := startAgent(t, config(40))
	b := a.open("web")
	for _, address := range []string{"10.0.0.1:80", "10.0.0.2:80"} {
		a.check(a.MarkHealth(a.ctx(), "web", address, false))
	}
	waitFor(t, b, "web", "one backend is healthy", func() bool {
		group, err := b.Snapshot("web")
		a.check(err)
		return group.HealthyCount == 1
	})
	s, err := b.SelectWith("web", balancer.Pick{})
	a.check(err)
	if !s.Panic() || len(b.Eligible("web")) != 3 {
		t.Errorf("with a third of the backends healthy, panic is %v and %d are eligible", s.Panic(), len(b.Eligible("web")))
	}
	a.configure(config(30))
	_, err = a.Reload(a.ctx())
	a.check(err)
	follow(t, b, "web", "10.0.0.3:80")
}

func TestBalancerGoesOnWithoutTheAgent(t *testing.T) {
	a := startAgent(t, oneService)
	b := a.open("web")
	stale := func() bool {
		s, err := b.SelectWith("web", balancer.Pick{})
		a.check(err)
		return s.Stale()
	}
	if stale() {
		t.Error("stale from the beginning")
	}
	a.stop()
	waitFor(t, b, "web", "the selection says that the agent is gone", stale)
	if got := b.Status(); got.Connected || !errors.Is(got.Err, client.ErrUnreachable) {
		t.Errorf("the status is %+v", got)
	}
	a.configure(oneService + "service \"other\" {\n  backend \"10.0.0.9:80\" {}\n}\n")
	a.start()
	waitFor(t, b, "web", "the agent is back", func() bool { return !stale() })
	if got := b.Status(); !got.Connected {
		t.Errorf("the status is %+v", got)
	}
}

func TestOpen(t *testing.T) {
	a := startAgent(t, oneService)
	var p *wire.Problem
	if _, err := client.Open(a.ctx(), a.socket, "web", "nope"); !errors.As(err, &p) || p.Code != wire.CodeUnknownService {
		t.Errorf("got %v for a service that does not exist", err)
	}
	if _, err := client.Open(a.ctx(), a.socket); err == nil {
		t.Error("a balancer of nothing was opened")
	}
	a.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := client.Open(ctx, a.socket, "web")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v without an agent", err)
	}
	opened := make(chan error)
	go func() {
		b, err := client.Open(a.ctx(), a.socket, "web")
		if err == nil {
			b.Close()
		}
		opened <- err
	}()
	a.start()
	if err := <-opened; err != nil {
		t.Errorf("got %v from an agent that started meanwhile", err)
	}
}

func TestClosedBalancerSelectsOn(t *testing.T) {
	a := startAgent(t, oneService)
	b := a.open("web")
	b.Close()
	b.Close()
	if _, err := b.Select("web"); err != nil {
		t.Error(err)
	}
}
