package agent

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/agent/feedback"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health"
)

// newGroups returns groups as the agent makes them, with nothing running around them.
func newGroups() *groups {
	g := &groups{log: hclog.NewNullLogger(), history: &feed.History{}, lb: balancer.New(), changed: func() {}}
	g.checker = health.New(health.Options{Sink: g})
	g.feedback = feedback.New(feedback.Options{Ejector: g})
	g.watchFlaps(newDamper())
	g.age = func(string) float64 { return 0 }
	g.policies = policiesOf(&config.Config{Defaults: config.Defaults{Balance: config.Balance{Strategy: "round_robin"}}})
	return g
}

// configured is a configuration with one service.
func configured(service, strategy string, check *config.HealthCheck) policies {
	return policiesOf(&config.Config{Services: []config.Service{{
		Name:        service,
		Balance:     config.Balance{Strategy: strategy},
		HealthCheck: check,
	}}})
}

var probing = &config.HealthCheck{Type: "tcp", Interval: time.Hour, Timeout: time.Second}

func updateOf(service string, addresses ...string) discovery.Update {
	u := discovery.Update{Service: service, Sources: []string{"main"}}
	for _, address := range addresses {
		u.Endpoints = append(u.Endpoints, discovery.Endpoint{Address: address, Weight: 1})
	}
	return u
}

func (g *groups) registerOrFail(t *testing.T, service string, addresses ...string) {
	t.Helper()
	var r wire.Registration
	for _, address := range addresses {
		r.Backends = append(r.Backends, wire.BackendSpec{Address: address})
	}
	if _, _, err := g.Register(t.Context(), service, r); err != nil {
		t.Fatal(err)
	}
}

func (g *groups) expect(t *testing.T, service, source string, addresses ...string) {
	t.Helper()
	group, ok := g.Group(service)
	if !ok || group.Sources[0] != source || fmt.Sprint(addressesOf(group)) != fmt.Sprint(addresses) {
		t.Errorf("service %s is %v of %v, want %v of %s", service, addressesOf(group), group.Sources, addresses, source)
	}
	if got := g.checker.Stats().Targets; got != len(addresses) {
		t.Errorf("%d backends are probed, want those %d", got, len(addresses))
	}
}

func TestTheAPIHidesWhatAGlobPermits(t *testing.T) {
	g := newGroups()
	g.policies.config.Defaults.HealthCheck = probing
	g.registerOrFail(t, "web", "10.9.9.9:80")
	g.Apply(updateOf("web", "10.0.0.1:80"))
	g.Apply(updateOf("web", "10.0.0.1:80", "10.0.0.2:80"))
	g.expect(t, "web", "api", "10.9.9.9:80")
	if err := g.Unregister(t.Context(), "web"); err != nil {
		t.Fatal(err)
	}
	g.expect(t, "web", "main", "10.0.0.1:80", "10.0.0.2:80")
}

func TestASelectFindsTheServiceWhileItComesOutOfHiding(t *testing.T) {
	g := newGroups()
	many := make([]string, 3000)
	for i := range many {
		many[i] = fmt.Sprintf("10.0.%d.%d:80", i/250, i%250)
	}
	stop, selecting := make(chan struct{}), sync.WaitGroup{}
	g.registerOrFail(t, "web", "10.9.9.9:80")
	selecting.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := g.lb.Select("web"); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 10 {
		g.Apply(updateOf("web", many...))
		if err := g.Unregister(t.Context(), "web"); err != nil {
			t.Error(err)
		}
		g.mu.Lock() // as if the provider had never had it
		g.records.Delete("web")
		g.mu.Unlock()
		g.registerOrFail(t, "web", "10.9.9.9:80")
	}
	close(stop)
	selecting.Wait()
}

func TestWhatAReloadConfiguresComesOutOfHiding(t *testing.T) {
	g := newGroups()
	g.policies.config.Defaults.HealthCheck = probing
	g.registerOrFail(t, "web", "10.9.9.9:80", "10.0.0.1:80")
	if err := g.Mark(t.Context(), "web", "10.0.0.1:80", false); err != nil {
		t.Fatal(err)
	}
	g.Apply(updateOf("web", "10.0.0.1:80", "10.0.0.2:80"))
	g.reconfigure(configured("web", "least_connections", probing))
	g.expect(t, "web", "main", "10.0.0.1:80", "10.0.0.2:80")
	group, _ := g.Group("web")
	if group.Strategy != "least_connections" || backend(group, "10.0.0.1:80").Healthy {
		t.Errorf("got %+v, want the configured strategy and the state that the backend had", group)
	}
	if _, err := g.Update(t.Context(), "web", nil); code(err) != wire.CodeOwnedBySource {
		t.Errorf("the API still changes it: %v", err)
	}
}

func TestProbesFollowTheGroupAndNotTheUpdate(t *testing.T) {
	g := newGroups()
	g.registerOrFail(t, "web", "10.9.9.9:80")
	g.policies = configured("web", "round_robin", probing)
	u := updateOf("web", "10.0.0.1:80") // whose diff says that nothing was added
	g.Apply(u)
	g.expect(t, "web", "main", "10.0.0.1:80")
}

func TestDropOfAHiddenServiceForgetsIt(t *testing.T) {
	g := newGroups()
	g.registerOrFail(t, "web", "10.9.9.9:80")
	g.Apply(updateOf("web", "10.0.0.1:80"))
	g.Drop("web")
	if err := g.Unregister(context.Background(), "web"); err != nil {
		t.Fatal(err)
	}
	if _, ok := g.Group("web"); ok {
		t.Error("a service that its source dropped came back")
	}
}

func TestHistoryTellsWhoDidWhat(t *testing.T) {
	g := newGroups()
	u := updateOf("web", "10.0.0.1:80")
	u.Diff.Added = u.Endpoints
	g.Apply(u)
	stale := u
	stale.Diff, stale.Stale = discovery.Diff{}, true
	g.Apply(stale)
	g.Checked(health.Result{
		Service: "web", Address: "10.0.0.1:80", Verdict: health.Failed, Failed: 3,
		Last: &health.Last{Error: "tcp: connection refused"},
	})
	if err := g.Administer(t.Context(), "web", "10.0.0.1:80", wire.AdminDrain); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range g.history.Of("web") {
		got = append(got, fmt.Sprintf("%s|%s|%s", c.Cause, c.Address, c.Effect))
	}
	want := []string{
		"source main|10.0.0.1:80|added",
		"source main||stale: the source does not answer",
		"probe|10.0.0.1:80|failed: tcp: connection refused, 3 in a row",
		"agent|10.0.0.1:80|drain",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the history is\n%q, want\n%q", got, want)
	}
}

func TestConfiguredServicesAreListedBeforeTheirSourceAnswers(t *testing.T) {
	nobody := listenTCP(t)
	_ = nobody.Close()
	r := start(t, `
provider "etcd" "away" {
  endpoints = ["http://`+nobody.Addr().String()+`"]
  prefix    = "/services/"
}
service "web" {
  source "away" {}
}
service "db" {
  backend "10.0.0.1:5432" {}
}
`)
	list, err := r.Services(r.ctx())
	r.check(err)
	if len(list) != 2 || list[0].Name != "db" || list[1].Name != "web" || !list[1].Stale || list[1].Sources[0] != "away" {
		t.Errorf("services are %+v", list)
	}
}

func TestExclusionsAreBounded(t *testing.T) {
	r := start(t, twoServices)
	many := make([]string, maxExclude+1)
	for i := range many {
		many[i] = fmt.Sprintf("10.1.0.%d:80", i)
	}
	_, err := r.SelectBatch(r.ctx(), []wire.Pick{{Service: "web", Exclude: many}})
	r.check(err)
	results, err := r.SelectBatch(r.ctx(), []wire.Pick{{Service: "web", Exclude: many}, {Service: "web", Exclude: many[:maxExclude]}})
	r.check(err)
	if results[0].Error == nil || results[0].Error.Code != wire.CodeBadRequest || results[1].Error != nil {
		t.Errorf("101 and 100 exclusions gave %+v and %+v", results[0].Error, results[1].Error)
	}
}

func TestExplainNamesTheCheckOfTheRegistry(t *testing.T) {
	g := newGroups()
	g.Apply(updateOf("web", "10.0.0.1:80", "10.0.0.2:80"))
	u := updateOf("web", "10.0.0.1:80", "10.0.0.2:80")
	u.Endpoints[1].Status, u.Endpoints[1].Reason = discovery.StatusCritical, `consul: check "http" is critical`
	u.Diff.Changed = u.Endpoints[1:]
	g.Apply(u)
	_, e, err := g.lb.Explain("web", balancer.Pick{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := g.wireExplanation(e).Backends[1].Reason, `consul: check "http" is critical since 0s`; got != want {
		t.Errorf("the reason is %q, want %q", got, want)
	}
}
