package discovery_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// remembered makes a memory of a service from provider "p" of globs, as plain as it is asked for there.
func remembered(service string, age, idle time.Duration, list ...string) discovery.Memory {
	return discovery.Memory{Service: service, Idle: idle, Sources: []discovery.SourceMemory{
		{Provider: "p", Identity: " ", Age: age, Endpoints: snapshotOf(list).Endpoints},
	}}
}

func TestWhatIsRecalledIsStaleUntilTheFirstAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		r := newRig(t)
		r.configure(globs(p, discovery.ImportOnDemand, "*"))
		r.Recall([]discovery.Memory{remembered("web", time.Hour, time.Minute, "a:1", "b:1")})
		r.AwaitRecalled(t.Context())
		r.wants("web", "a:1", "b:1")
		r.answers("web", discovery.Ready)
		if u, _ := r.got.get("web"); !u.Stale {
			t.Error("it is not stale")
		}
		if status, _ := r.ServiceStatus("web"); !status.Stale || status.Age != time.Hour {
			t.Errorf("the service is %+v, want it an hour old", status)
		}
		if s := r.provider("p"); !s.Ready || !s.Stale || s.Errors != 0 || s.LastError == nil || !strings.Contains(s.LastError.Error(), "before the restart") {
			t.Errorf("the provider is %+v, want it ready, stale and without failures", s)
		}
		if now, _ := p.watched("web"); now != 1 {
			t.Errorf("%d watches of it run", now)
		}

		p.say("web", "b:1", "c:1")
		r.wants("web", "b:1", "c:1")
		u, _ := r.got.get("web")
		if u.Stale || !sameAddresses(u.Diff.Added, []string{"c:1"}) || !sameAddresses(u.Diff.Removed, []string{"a:1"}) {
			t.Errorf("the first answer makes %+v, want the difference from what was recalled", u)
		}
		if n := r.logs.count("recovered") + r.logs.count("stale"); n != 0 {
			t.Errorf("%d lines of the log about a restart", n)
		}
	})
}

func TestAFailureAfterARecallIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		r := newRig(t)
		r.configure(globs(p, discovery.ImportOnDemand, "*"))
		r.Recall([]discovery.Memory{remembered("web", time.Hour, 0, "a:1")})
		synctest.Wait()
		p.heard("web", errors.New("down"))
		r.wants("web", "a:1")
		if s := r.provider("p"); s.Errors != 1 || s.LastError.Error() != "down" {
			t.Errorf("the provider is %+v", s)
		}
		if n := r.logs.count("became stale"); n != 1 {
			t.Errorf("%d lines of the log about a failure", n)
		}
		p.say("web", "a:1")
		synctest.Wait()
		if u, _ := r.got.get("web"); u.Stale || r.logs.count("recovered") != 1 {
			t.Errorf("after the recovery it is %+v", u)
		}
	})
}

func TestTheIdleClockGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.configure(globs(newScript(), discovery.ImportOnDemand, "*"))
		r.Recall([]discovery.Memory{
			remembered("idle", 0, 55*time.Minute, "a:1"),
			remembered("used", 0, 0, "a:1"),
			remembered("asked", 0, 55*time.Minute, "a:1"),
		})
		synctest.Wait()
		r.answers("asked", discovery.Ready)
		pass(time.Minute)
		r.wants("idle", "a:1")
		if m, _ := r.Remember("idle"); m.Idle < 55*time.Minute || m.Idle > 57*time.Minute {
			t.Errorf("it has been idle for %v", m.Idle)
		}
		pass(6 * time.Minute)
		r.lacks("idle")
		r.wants("used", "a:1")
		r.wants("asked", "a:1")
	})
}

func TestARecalledListStandsUntilThereIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		r := newRig(t)
		r.configure(globs(p, discovery.ImportAll, "*"))
		r.Recall([]discovery.Memory{
			remembered("web", time.Hour, 0, "a:1"),
			remembered("gone", time.Minute, 0, "b:1"),
		})
		r.wants("web", "a:1")
		r.wants("gone", "b:1")
		r.answers("new", discovery.Pending) // it may be in the list
		if s := r.provider("p"); !s.Ready || !s.Stale || s.Age != time.Minute {
			t.Errorf("the provider is %+v, want it ready and stale", s)
		}
		p.say("web", "a:1")
		p.say("new", "c:1")
		p.list("new", "web")
		r.wants("new", "c:1")
		r.wants("web", "a:1")
		r.answers("newer", discovery.Unknown)
		pass(discoveryHold)
		r.lacks("gone")
	})
}

// discoveryHold is longer than anything is held for.
const discoveryHold = 10 * time.Minute

func TestThePlanWinsOverWhatIsRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		r := newRig(t, discovery.WithOnDemandLimit(1))
		plan := globs(p, discovery.ImportOnDemand, "w*")
		plan.Services = []discovery.ServicePlan{{Name: "tagged", Sources: []discovery.SourcePlan{
			{Provider: "p", Query: discovery.Query{Tags: []string{"v2"}}},
		}}}
		r.configure(plan)
		other := remembered("w-other", 0, 0, "a:1")
		other.Sources[0].Identity = "etcd /elsewhere/"
		gone := remembered("w-gone", 0, 0, "a:1")
		gone.Sources[0].Provider = "gone"
		r.Recall([]discovery.Memory{
			remembered("forbidden", 0, 0, "a:1"),
			remembered("tagged", 0, 0, "a:1"),
			remembered("..", 0, 0, "a:1"),
			other,
			gone,
			remembered("w-1", 0, 0, "a:1"),
			remembered("w-2", 0, 0, "a:1"), // one too many
		})
		r.wants("w-1", "a:1")
		for _, name := range []string{"forbidden", "tagged", "..", "w-other", "w-gone", "w-2"} {
			r.lacks(name)
		}
		if now, _ := p.watched("w-other"); now != 0 {
			t.Error("a service is watched of which nothing was recalled")
		}
	})
}

// TestRememberedIsRecalled carries services over from one catalog to the next, of all kinds.
func TestRememberedIsRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		plan := globs(p, discovery.ImportOnDemand, "w*")
		plan.Services = []discovery.ServicePlan{{Name: "special", Sources: []discovery.SourcePlan{
			{Provider: "p", Query: discovery.Query{Name: "other", Datacenter: "dc"}, Priority: 3},
			{Provider: "p", Filter: `Zone == ""`},
		}}}
		first := newRig(t)
		first.configure(plan)
		p.say("web", "a:1", "b:1")
		p.say("other", "c:1")
		p.say("special", "d:1")
		p.say("empty")
		first.Ask("web")
		first.Ask("w-empty")
		first.wants("web", "a:1", "b:1")
		first.wants("special", "c:1", "d:1")
		pass(time.Minute)
		var memories []discovery.Memory
		for _, name := range []string{"web", "special", "w-empty", "nobody"} {
			if m, ok := first.Remember(name); ok {
				memories = append(memories, m)
			}
		}
		if len(memories) != 2 || len(first.Names()) != 3 {
			t.Fatalf("of %q it remembers %+v", first.Names(), memories)
		}

		second := newRig(t)
		second.configure(planWith(plan, newScript()))
		second.Recall(memories)
		for _, name := range []string{"web", "special"} {
			synctest.Wait()
			was, _ := first.got.get(name)
			is, _ := second.got.get(name)
			if !is.Stale || !reflect.DeepEqual(is.Endpoints, was.Endpoints) {
				t.Errorf("%s was %+v and is %+v", name, was.Endpoints, is)
			}
		}
	})
}

// planWith is the plan with another provider in the place of its own.
func planWith(plan discovery.Plan, p discovery.Provider) discovery.Plan {
	plan.Providers = append([]discovery.ProviderPlan(nil), plan.Providers...)
	plan.Providers[0].Provider = p
	return plan
}

func TestNonsenseIsNotRecalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.configure(globs(newScript(), discovery.ImportOnDemand, "*"))
		m := remembered("web", -time.Hour, -time.Hour, "a:1", "a:1", "no port", "b:0")
		m.Sources[0].Endpoints = append(m.Sources[0].Endpoints, discovery.Endpoint{Address: "c:1", Weight: -1})
		r.Recall([]discovery.Memory{m, {}, {Service: "bare"}, m})
		r.wants("web", "a:1")
		if status, _ := r.ServiceStatus("web"); status.Age != 0 {
			t.Errorf("it is %v old", status.Age)
		}
		r.lacks("bare")
	})
}
