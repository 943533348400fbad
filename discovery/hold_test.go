package discovery_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/static"
)

// patient is a plan that holds what is withdrawn from a service for a minute.
func patient(service string, providers ...discovery.ProviderPlan) discovery.Plan {
	plan := discovery.Plan{Providers: providers, HoldDown: time.Minute}
	s := discovery.ServicePlan{Name: service, HoldDown: time.Minute}
	for _, p := range providers {
		s.Sources = append(s.Sources, discovery.SourcePlan{Provider: p.Name})
	}
	plan.Services = []discovery.ServicePlan{s}
	return plan
}

// holds asserts who is held of a service.
func (r *rig) holds(service string, want ...string) {
	r.t.Helper()
	synctest.Wait()
	u, _ := r.got.get(service)
	var held []discovery.Endpoint
	for _, h := range u.Held {
		held = append(held, h.Endpoint)
	}
	if !sameAddresses(held, want) {
		r.t.Fatalf("of %s, %v are held, want %v", service, addresses(held), want)
	}
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "x:1", "y:1", "z:1")
		r.configure(patient("web", discovery.ProviderPlan{Name: "p", Provider: p}))
		r.holds("web")
		p.say("web")
		r.wants("web")
		r.holds("web", "x:1", "y:1", "z:1")
		u, _ := r.got.get("web")
		if h := u.Held[0]; !h.Since.Equal(time.Now()) || !h.Until.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("held from %v until %v, want a minute from %v", h.Since, h.Until, time.Now())
		}
		if n := r.logs.count("withdrawn at once", "service=web", "held=3", "listed=0"); n != 1 {
			t.Errorf("logged %d times", n)
		}
		pass(59 * time.Second)
		r.holds("web", "x:1", "y:1", "z:1")
		p.say("web", "y:1")
		r.wants("web", "y:1")
		r.holds("web", "x:1", "z:1")
		pass(time.Second)
		r.holds("web")
		r.wants("web", "y:1")
	})
}

func TestDismissAndAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "x:1", "y:1", "z:1")
		r.configure(patient("web", discovery.ProviderPlan{Name: "p", Provider: p}))
		synctest.Wait()
		r.Dismiss("web", "x:1") // is listed
		r.Dismiss("db", "x:1")  // not watched
		r.wants("web", "x:1", "y:1", "z:1")
		p.say("web")
		r.holds("web", "x:1", "y:1", "z:1")
		r.Dismiss("web", "y:1")
		r.holds("web", "x:1", "z:1")
		for service, want := range map[string]int{"web": 2, "db": 0} {
			gone, err := r.Accept(t.Context(), service)
			if err != nil || len(gone) != want {
				t.Errorf("accepted %v of %s, %v, want %d", gone, service, err, want)
			}
		}
		u, _ := r.got.get("web") // Accept returns when the consumer knows
		if len(u.Held) != 0 {
			t.Errorf("%v are held after Accept", u.Held)
		}
		if gone, err := r.Accept(t.Context(), "web"); err != nil || len(gone) != 0 {
			t.Errorf("accepted %v, %v a second time", gone, err)
		}
		p.say("web", "x:1", "y:1", "z:1")
		r.wants("web", "x:1", "y:1", "z:1")
	})
}

// TestAcceptEndsWithItsContext has the consumer busy for longer than the caller wants to wait.
func TestAcceptEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "x:1")
		r.configure(patient("web", discovery.ProviderPlan{Name: "p", Provider: p}))
		p.say("web")
		r.holds("web", "x:1")
		gate := make(chan struct{})
		r.got.hold(gate)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Accept(ctx, "web"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("accepted with %v while the consumer is busy", err)
		}
		close(gate)
		r.holds("web")
	})
}

func TestHoldCountsTheUnion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, r := newScript(), newScript(), newRig(t)
		a.say("web", "w:1", "x:1", "y:1")
		b.say("web", "x:1", "y:1", "z:1")
		r.configure(patient("web", discovery.ProviderPlan{Name: "a", Provider: a}, discovery.ProviderPlan{Name: "b", Provider: b}))
		a.say("web")
		r.wants("web", "x:1", "y:1", "z:1") // one of four is gone
		r.holds("web")
		b.say("web", "x:1")
		r.wants("web", "x:1")
		r.holds("web", "w:1", "y:1", "z:1")
	})
}

// TestWhatPeopleTakeOutIsNotHeld covers the configuration file and sources that a reload removes.
func TestWhatPeopleTakeOutIsNotHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, p, r := static.New(), newScript(), newRig(t)
		list := func(addresses ...string) map[string][]discovery.Endpoint {
			return map[string][]discovery.Endpoint{"web": snapshotOf(addresses).Endpoints}
		}
		file.Set(list("x:1", "y:1", "z:1"))
		p.say("web", "p:1")
		both := patient("web", discovery.ProviderPlan{Name: "static", Provider: file}, discovery.ProviderPlan{Name: "p", Provider: p})
		r.configure(both)
		r.wants("web", "x:1", "y:1", "z:1", "p:1")
		file.Set(list())
		r.wants("web", "p:1")
		r.holds("web")
		file.Set(list("x:1"))
		r.wants("web", "x:1", "p:1")
		p.say("web", "p:1", "q:1", "s:1")
		r.wants("web", "x:1", "p:1", "q:1", "s:1")

		alone := both
		alone.Services = patient("web", discovery.ProviderPlan{Name: "static"}).Services
		r.configure(alone) // without the source p
		r.wants("web", "x:1")
		r.holds("web")
	})
}

// TestHoldSurvivesANewProvider has a reload make the provider anew, as with another address, and the
// catalog behind it empty.
func TestHoldSurvivesANewProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q, r := newScript(), newScript(), newRig(t)
		p.say("web", "x:1", "y:1", "z:1")
		q.say("web")
		r.configure(patient("web", discovery.ProviderPlan{Name: "p", Provider: p}))
		r.wants("web", "x:1", "y:1", "z:1")
		r.configure(patient("web", discovery.ProviderPlan{Name: "p", Provider: q}))
		r.wants("web")
		r.holds("web", "x:1", "y:1", "z:1")
		impatient := patient("web", discovery.ProviderPlan{Name: "p", Provider: q})
		impatient.Services[0].HoldDown = 0
		r.configure(impatient)
		r.holds("web")
	})
}

// TestImportedServiceLingers has a catalog lose its list of services, before or after what they hold.
func TestImportedServiceLingers(t *testing.T) {
	for _, listFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p, r := newScript(), newRig(t)
			p.names = []string{"api", "web"}
			p.say("web", "x:1")
			p.say("api", "y:1")
			plan := globs(p, discovery.ImportAll, "*")
			plan.HoldDown = time.Minute
			r.configure(plan)
			r.wants("web", "x:1")
			if listFirst {
				p.list()
				r.wants("web", "x:1")
				p.say("web")
			} else {
				p.say("web")
				synctest.Wait()
				p.list()
			}
			r.holds("web", "x:1")
			r.wants("api", "y:1") // whose own answer has not come
			r.configure(plan)     // a reload changes nothing
			r.holds("web", "x:1")
			pass(30 * time.Second)
			p.list("api")
			r.holds("web", "x:1")
			pass(30 * time.Second)
			r.lacks("web")
			r.answers("web", discovery.Unknown)
			r.wants("api", "y:1")

			p.say("web", "x:1")
			p.list("api", "web")
			r.wants("web", "x:1")
			p.say("web")
			p.list("api")
			r.holds("web", "x:1")
			if gone, err := r.Accept(t.Context(), "web"); err != nil || len(gone) != 1 {
				t.Errorf("accepted %v, %v", gone, err)
			}
			r.lacks("web")
		})
	}
}

// TestHoldSurvivesARestart has the catalog of one process remember, and that of the next recall: what was
// held, and what is withdrawn while nobody looks.
func TestHoldSurvivesARestart(t *testing.T) {
	for name, lists := range map[string][2][]string{
		"withdrawn before": {{}, {}},
		"withdrawn after":  {{"x:1", "y:1", "z:1"}, {}},
		"some of them":     {{"z:1"}, {"z:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			var kept []discovery.Memory
			plan := func(p discovery.Provider) discovery.Plan {
				plan := globs(p, discovery.ImportOnDemand, "*")
				plan.HoldDown = time.Minute
				return plan
			}
			synctest.Test(t, func(t *testing.T) {
				p, r := newScript(), newRig(t)
				p.say("web", "x:1", "y:1", "z:1")
				r.configure(plan(p))
				r.answers("web", discovery.Pending)
				synctest.Wait()
				p.say("web", lists[0]...)
				r.wants("web", lists[0]...)
				m, ok := r.Remember("web")
				if !ok {
					t.Fatal("nothing is remembered")
				}
				kept = append(kept, m)
			})
			synctest.Test(t, func(t *testing.T) {
				p := newScript()
				p.say("web", lists[1]...) // answers before anybody asks
				r := newIdleRig(t)
				if err := r.Configure(plan(p)); err != nil {
					t.Fatal(err)
				}
				r.Recall(kept)
				r.start()
				r.wants("web", lists[1]...)
				held := slices.DeleteFunc([]string{"x:1", "y:1", "z:1"}, func(a string) bool { return slices.Contains(lists[1], a) })
				r.holds("web", held...)
			})
		})
	}
}
