package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// globs returns a plan with one provider "p" and no explicit services.
func globs(p discovery.Provider, kind discovery.Import, services ...string) discovery.Plan {
	return discovery.Plan{Providers: []discovery.ProviderPlan{
		{Name: "p", Provider: p, Services: services, Import: kind},
	}}
}

func TestOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("api-1", "x:1")
		p.say("api-none")
		r.configure(globs(p, discovery.ImportOnDemand, "api-*"))
		if r.provider("p").Services != 0 {
			t.Error("something is watched that nobody asked for")
		}
		tests := []struct {
			service     string
			first, then discovery.Answer
		}{
			{"api-1", discovery.Pending, discovery.Ready},
			{"api-none", discovery.Pending, discovery.Absent},
			{"api-silent", discovery.Pending, discovery.Pending},
			{"db", discovery.Unknown, discovery.Unknown},
			{"", discovery.Unknown, discovery.Unknown},
			{"api-" + strings.Repeat("x", 250), discovery.Unknown, discovery.Unknown},
			{"api-\xff", discovery.Unknown, discovery.Unknown},
		}
		for _, tt := range tests {
			r.answers(tt.service, tt.first)
			synctest.Wait()
			r.answers(tt.service, tt.then)
		}
		r.wants("api-1", "x:1")
		r.lacks("api-none")
		if status := r.provider("p"); status.Services != 3 || !status.Ready {
			t.Errorf("status %+v: on demand, waiting for data does not make an agent unready", status)
		}
	})
}

func TestIdleServicesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		var released atomic.Bool
		r := newRig(t, discovery.WithKeep(func(service string) bool {
			return service == "leased" && !released.Load()
		}))
		plan := globs(p, discovery.ImportOnDemand, "*")
		plan.Providers[0].IdleTimeout = 10 * time.Minute
		r.configure(plan)
		for _, name := range []string{"used", "idle", "leased"} {
			p.say(name, "x:1")
			r.answers(name, discovery.Pending)
			r.wants(name, "x:1")
		}
		for range 30 {
			r.answers("used", discovery.Ready)
			pass(20 * time.Second) // ten minutes in all
		}
		r.wants("idle", "x:1")
		for range 2 {
			r.answers("used", discovery.Ready)
			pass(10 * time.Second)
		}
		r.lacks("idle")
		if now, _ := p.watched("idle"); now != 0 {
			t.Error("still watched")
		}
		r.wants("used", "x:1")
		r.wants("leased", "x:1")

		released.Store(true)
		pass(10*time.Minute + 20*time.Second)
		r.lacks("leased")
		r.lacks("used")

		r.answers("idle", discovery.Pending) // and begins again
		r.wants("idle", "x:1")
	})
}

func TestExplicitServicesAreNeverIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "x:1")
		r.configure(one(p))
		pass(100 * time.Hour)
		r.wants("web", "x:1")
	})
}

func TestAbsentServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		r.configure(globs(p, discovery.ImportOnDemand, "*"))
		p.say("none")
		p.say("soon")
		r.Ask("none")
		r.Ask("soon")
		for range 20 { // asking does not reach the catalog
			pass(time.Second)
			r.answers("none", discovery.Absent)
		}
		if _, ever := p.watched("none"); ever != 1 {
			t.Errorf("watched %d times over", ever)
		}
		p.say("soon", "x:1") // comes up meanwhile
		r.wants("soon", "x:1")
		r.answers("soon", discovery.Ready)

		pass(30 * time.Second)
		if now, _ := p.watched("none"); now != 0 {
			t.Error("a service that nobody offers is still watched")
		}
		r.wants("soon", "x:1")
		p.say("soon") // known, and empty for now
		r.wants("soon")
		r.answers("soon", discovery.Ready)
	})
}

// An application that asks for names without end costs bounded memory, and as long as nobody offers
// those names it keeps nobody else out.
func TestOnDemandIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t, discovery.WithOnDemandLimit(10))
		p.onWatch = func(name string) {
			if strings.HasPrefix(name, "junk") {
				for _, sink := range p.sinks(name) {
					sink.Publish(discovery.Snapshot{})
				}
			}
		}
		r.configure(globs(p, discovery.ImportOnDemand, "*"))
		p.say("good", "x:1")
		r.Ask("good")
		for i := range 1000 {
			if answer := r.Ask(fmt.Sprint("junk", i)); answer != discovery.Pending {
				t.Fatalf("junk %d: %v", i, answer)
			}
			synctest.Wait()
			if n := r.provider("p").Services; n > 10 {
				t.Fatalf("%d services are watched, the limit is 10", n)
			}
		}
		r.wants("good", "x:1")
		p.say("late", "y:1")
		r.answers("late", discovery.Pending)
		r.wants("late", "y:1")

		for i := range 8 { // offered, or silent: these take their place
			r.answers(fmt.Sprint("real", i), discovery.Pending)
		}
		r.answers("one-too-many", discovery.OverLimit)
		r.wants("good", "x:1")
	})
}

func TestImportAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		r.configure(globs(p, discovery.ImportAll, "api-*"))
		if r.provider("p").Ready {
			t.Error("ready before the list is known")
		}
		r.answers("api-1", discovery.Pending)
		r.answers("db", discovery.Unknown)
		waited := make(chan discovery.Answer)
		go func() {
			answer, _ := r.Wait(t.Context(), "api-1")
			waited <- answer
		}()
		synctest.Wait()

		p.say("api-1", "x:1")
		p.say("api-2", "y:1")
		p.say("db", "z:1")
		p.list("api-1", "api-2", "db", "..")
		if answer := <-waited; answer != discovery.Ready {
			t.Errorf("waited for %v", answer)
		}
		r.wants("api-1", "x:1")
		r.wants("api-2", "y:1")
		r.lacks("db")
		r.answers("api-3", discovery.Unknown)
		if status := r.provider("p"); status.Services != 2 || !status.Ready {
			t.Errorf("status %+v", status)
		}

		p.list("api-2", "api-3")
		r.lacks("api-1")
		r.wants("api-2", "y:1")
		r.answers("api-3", discovery.Pending)
		p.say("api-3")
		r.wants("api-3") // listed and empty is there
		pass(2 * time.Hour)
		r.wants("api-2", "y:1")
		if _, ever := p.watched("api-2"); ever != 1 {
			t.Errorf("watched %d times over", ever)
		}
	})
}

func TestPrecedence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, demand, file, r := newScript(), newScript(), newScript(), newRig(t)
		for _, name := range []string{"web", "api", "db"} {
			all.say(name, "all:1")
			demand.say(name, "demand:1")
		}
		file.say("web", "file:1")
		all.names = []string{"api", "web"}
		r.configure(discovery.Plan{
			Providers: []discovery.ProviderPlan{
				{Name: "file", Provider: file},
				{Name: "all", Provider: all, Services: []string{"*"}, Import: discovery.ImportAll},
				{Name: "demand", Provider: demand, Services: []string{"*"}},
			},
			Services: []discovery.ServicePlan{explicit("web", "file")},
		})
		r.wants("web", "file:1")
		r.wants("api", "all:1")
		r.answers("db", discovery.Pending) // not in the list of "all", so "demand" may have it
		r.wants("db", "demand:1")

		all.list("api", "db", "web") // now it is, and "all" stands first
		r.wants("db", "all:1")
		if r.got.dropped["db"] != 0 {
			t.Error("db was dropped on its way")
		}
		all.list("api", "web")
		r.wants("db", "demand:1")

		for loser, service := range map[string]string{"all": "web", "demand": "api"} {
			if n := r.logs.count("not used", "provider="+loser, "service="+service); n != 1 {
				t.Errorf("that %s lost %s was logged %d times", loser, service, n)
			}
		}
	})
}

func TestListIsSupervised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := &brokenList{script: newScript()}, newRig(t)
		p.say("web", "x:1")
		p.names = []string{"web"}
		p.failures = 3
		r.configure(globs(p, discovery.ImportAll, "*"))
		pass(10 * time.Second)
		r.wants("web", "x:1")
		if status := r.provider("p"); status.Errors != 3 || status.Stale || !status.Ready {
			t.Errorf("status %+v", status)
		}
		if r.logs.count("list of services became stale") != 1 || r.logs.count("list of services recovered") != 1 {
			t.Error("the transitions were not logged once each")
		}
	})
}

func TestServiceThatLeavesThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, file, r := newScript(), newScript(), newRig(t)
		p.say("web", "x:1")
		file.say("db", "y:1")
		plan := discovery.Plan{
			Providers: []discovery.ProviderPlan{
				{Name: "p", Provider: p, Services: []string{"*"}}, {Name: "file", Provider: file},
			},
			Services: []discovery.ServicePlan{explicit("web", "p"), explicit("db", "file")},
		}
		r.configure(plan)
		r.wants("web", "x:1")
		r.wants("db", "y:1")
		plan.Services = nil
		r.configure(plan)
		r.wants("web", "x:1") // the glob permits the same source: it lives on, on demand
		r.lacks("db")         // what it was is deleted, whatever the glob would give
		pass(2 * time.Hour)
		r.lacks("web")
	})
}

// A service that is absent on demand exists once the plan names it.
func TestAbsentServiceEntersThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web")
		plan := globs(p, discovery.ImportOnDemand, "*")
		r.configure(plan)
		r.Ask("web")
		r.Ask("silent")
		r.lacks("web")
		if !r.provider("p").Ready {
			t.Error("not ready for want of what somebody asked for")
		}
		plan.Services = []discovery.ServicePlan{explicit("web", "p"), explicit("silent", "p")}
		r.configure(plan)
		if r.provider("p").Ready {
			t.Error("ready without data of a service of the plan")
		}
		r.wants("web")
		r.answers("web", discovery.Ready)
		pass(2 * time.Hour)
		r.wants("web")
		if _, ever := p.watched("web"); ever != 1 {
			t.Errorf("watched %d times over", ever)
		}
	})
}

func TestImportChangesOnReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.names = []string{"api", "web"}
		p.say("api", "x:1")
		p.say("web", "y:1")
		r.configure(globs(p, discovery.ImportAll, "*"))
		r.wants("api", "x:1")
		r.configure(globs(p, discovery.ImportAll, "web")) // the glob no longer permits api
		r.lacks("api")
		r.wants("web", "y:1")
		r.configure(globs(p, discovery.ImportOnDemand, "*"))
		r.wants("web", "y:1") // until it is idle
		pass(2 * time.Hour)
		r.lacks("web")
		r.configure(globs(p, discovery.ImportAll, "*"))
		r.wants("api", "x:1")
		r.wants("web", "y:1")
	})
}

// Who waits for a list learns that it is not coming.
func TestWaitForAListThatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.configure(globs(newScript(), discovery.ImportAll, "*"))
		waited := make(chan discovery.Answer)
		go func() {
			answer, _ := r.Wait(t.Context(), "web")
			waited <- answer
		}()
		synctest.Wait()
		r.configure(discovery.Plan{})
		if answer := <-waited; answer != discovery.Unknown {
			t.Errorf("waited for %v", answer)
		}
	})
}

func TestAskAllocatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "x:1")
		r.configure(one(p))
		if n := testing.AllocsPerRun(100, func() { r.Ask("web") }); n != 0 {
			t.Errorf("asking allocates %v times", n)
		}
	})
}

// brokenList fails the first lists.
type brokenList struct {
	*script
	failures int
}

func (p *brokenList) List(ctx context.Context, publish func([]string)) error {
	if p.failures > 0 {
		p.failures--
		return errors.New("boom")
	}
	return p.script.List(ctx, publish)
}
