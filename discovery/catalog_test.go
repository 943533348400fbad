package discovery_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/static"
)

// two returns a plan with providers "a" and "b" and the services.
func two(a, b discovery.Provider, services ...discovery.ServicePlan) discovery.Plan {
	return discovery.Plan{
		Providers: []discovery.ProviderPlan{{Name: "a", Provider: a}, {Name: "b", Provider: b}},
		Services:  services,
	}
}

func TestSourcesAreMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, r := newScript(), newScript(), newRig(t)
		r.configure(two(a, b, explicit("web", "a", "b")))
		r.answers("web", discovery.Pending)

		a.say("web") // empty, but b has not spoken
		r.lacks("web")
		r.answers("web", discovery.Pending)

		b.say("web", "x:1", "y:1")
		r.wants("web", "x:1", "y:1")
		r.answers("web", discovery.Ready)
		a.say("web", "z:1", "y:1")
		r.wants("web", "z:1", "y:1", "x:1")
		b.say("web")
		r.wants("web", "z:1", "y:1")
		a.say("web")
		r.wants("web")
		if u, _ := r.got.get("web"); !slices.Equal(u.Sources, []string{"a", "b"}) {
			t.Errorf("sources %v", u.Sources)
		}
	})
}

// One source that is up serves while the other has never answered.
func TestOneSourceIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, r := newScript(), newScript(), newRig(t)
		b.say("web", "x:1")
		r.configure(two(a, b, explicit("web", "a", "b")))
		a.heard("web", errors.New("down"))
		r.wants("web", "x:1")
		if u, _ := r.got.get("web"); !u.Stale {
			t.Error("not stale while a source fails")
		}
		if r.provider("a").Ready || !r.provider("b").Ready {
			t.Error("a is ready, or b is not")
		}
	})
}

func TestUnchangedSourcesSurviveAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, r := newScript(), newScript(), newRig(t)
		a.say("web", "x:1")
		b.say("db", "y:1")
		r.configure(two(a, b, explicit("web", "a"), explicit("db", "b")))
		r.configure(two(a, b, explicit("web", "a"), explicit("new", "b")))
		r.wants("web", "x:1")
		r.lacks("db")
		r.answers("db", discovery.Unknown)
		r.answers("new", discovery.Pending)
		if _, ever := a.watched("web"); ever != 1 {
			t.Errorf("web was watched %d times over", ever)
		}
		if now, _ := b.watched("db"); now != 0 {
			t.Error("db is still watched")
		}
		if r.got.applied["web"] != 1 || r.got.dropped["db"] != 1 {
			t.Errorf("applied %v, dropped %v", r.got.applied, r.got.dropped)
		}
	})
}

func TestEndpointsStayUntilNewSourcesHaveData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, r := newScript(), newScript(), newRig(t)
		a.say("web", "x:1")
		r.configure(two(a, b, explicit("web", "a")))
		r.configure(two(a, b, explicit("web", "b")))
		r.wants("web", "x:1")
		if now, _ := a.watched("web"); now != 0 {
			t.Error("the old source is still watched")
		}
		b.heard("web", errors.New("down"))
		r.wants("web", "x:1")

		b.say("web", "y:1")
		r.wants("web", "y:1")
		if r.got.dropped["web"] != 0 {
			t.Error("the service was dropped in between")
		}

		// The same when a query changes, and when the provider behind the name does.
		plan := two(a, b, explicit("web", "b"))
		plan.Services[0].Sources[0].Query.Name = "web-2"
		r.configure(plan)
		r.wants("web", "y:1")
		b.say("web-2", "z:1")
		r.wants("web", "z:1")
		c := newScript()
		r.configure(two(a, c, explicit("web", "b")))
		r.wants("web", "z:1")
		c.say("web")
		r.wants("web") // empty is an answer
	})
}

// A source that never had data doesn't keep alive what another one's predecessor said.
func TestOldEndpointsWaitForTheirSuccessorsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c, r := newScript(), newScript(), newScript(), newRig(t)
		a.say("web", "x:1")
		plan := two(a, b, explicit("web", "a", "b"))
		r.configure(plan)
		r.wants("web", "x:1") // b is silent
		plan = two(c, b, explicit("web", "a", "b"))
		r.configure(plan)
		r.wants("web", "x:1") // c is silent as well
		c.say("web", "y:1")
		r.wants("web", "y:1")
		r.configure(two(c, b, explicit("web", "b")))
		r.wants("web", "y:1") // nothing else is known
		b.say("web")
		r.wants("web")
	})
}

// Two reloads in a row: what the first replaced waits for what the second brings.
func TestOldEndpointsOutliveTwoReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, r := newScript(), newScript(), newRig(t)
		a.say("web", "x:1")
		b.say("web", "y:1")
		r.configure(two(a, b, explicit("web", "a", "b")))
		r.wants("web", "x:1", "y:1")
		r.configure(two(newScript(), b, explicit("web", "a", "b")))
		last := newScript()
		r.configure(two(last, b, explicit("web", "a", "b")))
		b.say("web", "y:1", "z:1")
		r.wants("web", "y:1", "z:1", "x:1")
		last.say("web", "w:1")
		r.wants("web", "w:1", "y:1", "z:1")
	})
}

func TestOrderOfSourcesDecidesTies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, r := newScript(), newScript(), newRig(t)
		a.say("web", "x:1", "y:1")
		b.say("web", "y:1", "z:1")
		r.configure(two(a, b, explicit("web", "a", "b")))
		r.wants("web", "x:1", "y:1", "z:1")
		r.configure(two(a, b, explicit("web", "b", "a")))
		if u, _ := r.got.get("web"); !slices.Equal(u.Sources, []string{"b", "a"}) {
			t.Errorf("sources %v", u.Sources)
		}
		if now, ever := a.watched("web"); now != 1 || ever != 1 {
			t.Errorf("%d watches run, %d were started", now, ever)
		}
	})
}

func TestConfigureRefusesWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "x:1")
		r.configure(one(p))
		type justWatch struct{ discovery.Provider }
		bad := discovery.Plan{
			Providers: []discovery.ProviderPlan{
				{Name: "p", Provider: p},
				{Name: "p", Provider: p},
				{Provider: p},
				{Name: "nil"},
				{Name: "all", Provider: &justWatch{p}, Import: discovery.ImportAll},
				{Name: "value", Provider: uncomparable{}},
			},
			Services: []discovery.ServicePlan{
				explicit("web", "p"), explicit("web", "p"), explicit("none"), explicit("lost", "q"),
				explicit("..", "p"), explicit("twin", "p", "p"),
			},
		}
		err := r.Configure(bad)
		if err == nil {
			t.Fatal("accepted")
		}
		for _, want := range []string{
			`provider "p" is there twice`, `a provider has no name`, `provider "nil" is nil`,
			`provider "all" can't import all`, `provider "value" is a discovery_test.uncomparable`,
			`service "web" is there twice`, `service "none" has no source`, `there is no provider "q"`,
			`check service name ".."`, `service "twin" has a source of provider "p" twice`,
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("the error does not say %q:\n%v", want, err)
			}
		}
		r.wants("web", "x:1")
		if len(r.Status()) != 1 {
			t.Errorf("status %+v", r.Status())
		}
	})
}

type uncomparable []int

func (uncomparable) Watch(context.Context, discovery.Query, discovery.Sink) error { return nil }

func TestPlanBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, got := newScript(), newRecorder(t)
		p.say("web", "x:1")
		c := discovery.NewCatalog(hclog.NewNullLogger(), got)
		if err := c.Configure(one(p)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if c.Ask("web") != discovery.Pending {
			t.Error("not pending before Run")
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		if answer, err := c.Wait(t.Context(), "web"); answer != discovery.Ready || err != nil {
			t.Errorf("waited for %v, %v", answer, err)
		}
		cancel()
		<-done
		if err := c.Configure(one(p)); err == nil {
			t.Error("configured after the end")
		}
		if err := c.Run(t.Context()); err == nil {
			t.Error("ran twice")
		}
		if _, ok := got.get("web"); !ok || got.dropped["web"] > 0 {
			t.Error("the end took the service from the consumer")
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		r.configure(one(p))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if answer, err := r.Wait(ctx, "web"); answer != discovery.Pending || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, %v while there is no answer", answer, err)
		}
		if answer, err := r.Wait(t.Context(), "nobody"); answer != discovery.Unknown || err != nil {
			t.Errorf("got %v, %v for an unknown service", answer, err)
		}
		type outcome struct {
			answer  discovery.Answer
			applied bool
		}
		results := make(chan outcome)
		for range 3 {
			go func() {
				answer, _ := r.Wait(t.Context(), "web")
				_, applied := r.got.get("web")
				results <- outcome{answer, applied}
			}()
		}
		synctest.Wait()
		p.say("web", "x:1")
		for range 3 {
			if got := <-results; got != (outcome{discovery.Ready, true}) {
				t.Errorf("got %+v, want ready once the consumer has it", got)
			}
		}
	})
}

func TestWaitEndsWhenTheServiceGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		r.configure(one(p))
		answers := make(chan discovery.Answer)
		go func() {
			answer, _ := r.Wait(t.Context(), "web")
			answers <- answer
		}()
		synctest.Wait()
		r.configure(discovery.Plan{})
		if got := <-answers; got != discovery.Unknown {
			t.Errorf("got %v", got)
		}
	})
}

func TestServiceStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, file, r := newScript(), static.New(), newRig(t)
		file.Set(map[string][]discovery.Endpoint{"web": {{Address: "x:1", Weight: 1}, {Address: "bad"}}})
		p.say("web", "x:1", "y:1")
		r.configure(two(file, p, explicit("web", "a", "b")))
		pass(time.Minute)
		p.heard("web", errors.New("down"))
		status, ok := r.ServiceStatus("web")
		if !ok || !status.Stale || status.Age != time.Minute || status.Answer != discovery.Ready {
			t.Errorf("status %+v, %v", status, ok)
		}
		a, b := status.Sources[0], status.Sources[1]
		if a.Provider != "a" || a.Endpoints != 1 || !a.Ready || a.Stale || a.Age != 0 || a.Dropped != 1 {
			t.Errorf("the static source: %+v", a)
		}
		if b.Endpoints != 2 || !b.Stale || b.Age != time.Minute || b.Errors != 1 || b.LastError == nil {
			t.Errorf("the other source: %+v", b)
		}
		if _, ok := r.ServiceStatus("nobody"); ok {
			t.Error("there is a status of a service that is not watched")
		}
	})
}

// A consumer that is slow gets the last word, not every word.
func TestChangesCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "x:1")
		r.configure(one(p))
		gate := make(chan struct{})
		r.got.hold(gate)
		p.say("web", "y:1")
		synctest.Wait() // the consumer is busy with y
		for range 1000 {
			p.say("web", "z:1")
			p.say("web", "z:1", "last:1")
		}
		close(gate)
		r.wants("web", "z:1", "last:1")
		if n := r.got.applied["web"]; n != 3 {
			t.Errorf("applied %d times, want 3", n)
		}
	})
}
