package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// one returns a plan with service "web" from provider "p".
func one(p discovery.Provider) discovery.Plan {
	return discovery.Plan{
		Providers: []discovery.ProviderPlan{{Name: "p", Type: "script", Provider: p}},
		Services:  []discovery.ServicePlan{explicit("web", "p")},
	}
}

func TestLastGoodSnapshotStaysWhileStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "a:1", "b:1")
		r.configure(one(p))
		r.wants("web", "a:1", "b:1")

		p.heard("web", errors.New("boom"))
		p.heard("web", errors.New("boom again"))
		r.wants("web", "a:1", "b:1")
		u, _ := r.got.get("web")
		if !u.Stale || !u.Diff.Empty() {
			t.Errorf("update after a failure: %+v, want stale and nothing else", u)
		}
		status := r.provider("p")
		if !status.Stale || status.Errors != 2 || status.LastError.Error() != "boom again" {
			t.Errorf("status %+v", status)
		}

		p.heard("web", nil)
		synctest.Wait()
		if u, _ := r.got.get("web"); u.Stale {
			t.Error("stale after an answer")
		}
		if n := r.logs.count("source became stale", "service=web", "provider=p"); n != 1 {
			t.Errorf("logged the transition to stale %d times", n)
		}
		if n := r.logs.count("source recovered"); n != 1 {
			t.Errorf("logged the recovery %d times", n)
		}
	})
}

func TestAgeIsTimeSinceTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		r.configure(one(p))
		if status := r.provider("p"); status.Answered || status.Ready {
			t.Errorf("before the first answer: %+v", status)
		}
		age := func() time.Duration {
			status, _ := r.ServiceStatus("web")
			return status.Age
		}
		steps := []struct {
			name string
			do   func()
			want time.Duration // a minute later
		}{
			{"first snapshot", func() { p.say("web", "a:1") }, time.Minute},
			{"failure", func() { p.heard("web", errors.New("boom")) }, 2 * time.Minute},
			{"an answer that changes nothing", func() { p.heard("web", nil) }, time.Minute},
			{"the same snapshot", func() { p.say("web", "a:1") }, time.Minute},
		}
		for _, step := range steps {
			step.do()
			pass(time.Minute)
			if got := age(); got != step.want {
				t.Errorf("%s: age %v, want %v", step.name, got, step.want)
			}
			if status := r.provider("p"); status.Age != step.want || !status.Answered {
				t.Errorf("%s: the provider's status %+v, want age %v", step.name, status, step.want)
			}
		}
		if got := r.got.applied["web"]; got != 3 { // first, stale, recovered
			t.Errorf("applied %d times, want 3", got)
		}
	})
}

// pass lets the bubble's time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestWatchIsCalledAgainWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts []time.Time
		p, r := newScript(), newRig(t)
		p.onWatch = func(name string) {
			starts = append(starts, time.Now())
			p.fail(name, errors.New("boom"))
		}
		r.configure(one(p))
		pass(10 * time.Minute)
		r.stop()

		// Full jitter up to 15 s makes 7.5 s on average, so 80 calls are expected in ten minutes. Fewer
		// than 40 mean delays beyond the cap, more than 160 that they do not grow.
		if n := len(starts); n < 40 || n > 160 {
			t.Errorf("called %d times in ten minutes", n)
		}
		for i := range starts[1:] {
			ceiling := min(250*time.Millisecond<<min(i, 10), 15*time.Second)
			if gap := starts[i+1].Sub(starts[i]); gap > ceiling {
				t.Errorf("retry %d came after %v, want at most %v", i, gap, ceiling)
			}
		}
	})
}

func TestBackoffStartsOverAfterALongWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		r.configure(one(p))
		for range 20 {
			pass(15 * time.Second)
			_, before := p.watched("web")
			p.fail("web", errors.New("boom"))
			pass(250 * time.Millisecond)
			if _, after := p.watched("web"); after != before+1 {
				t.Fatal("the first retry after a long watch took longer than the first ceiling")
			}
		}
	})
}

func TestReturningNilIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "a:1")
		r.configure(one(p))
		p.fail("web", nil)
		synctest.Wait()
		if status := r.provider("p"); status.Errors != 1 || !status.Stale {
			t.Errorf("status %+v", status)
		}
		pass(time.Second)
		if now, ever := p.watched("web"); now != 1 || ever != 2 {
			t.Errorf("%d watches run, %d were started, want 1 and 2", now, ever)
		}
		if status := r.provider("p"); status.Stale {
			t.Error("stale after the second watch answered")
		}
	})
}

func TestPanicInAProviderIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		first := true
		p.onWatch = func(string) {
			if first {
				first = false
				panic("nil map")
			}
		}
		p.say("web", "a:1")
		r.configure(one(p))
		pass(time.Second)
		r.wants("web", "a:1")
		if status := r.provider("p"); status.Errors != 1 {
			t.Errorf("status %+v", status)
		}
		if r.logs.count("[ERROR]", "provider panicked: nil map") != 1 || r.logs.count("(*script).Watch") == 0 {
			t.Error("the panic was not logged with its stack")
		}
	})
}

// A sink that a provider kept after its watch had ended is dead.
func TestSinkDiesWithItsWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		p.say("web", "a:1")
		r.configure(one(p))
		sink := p.sinks("web")[0]
		p.fail("web", errors.New("boom"))
		pass(time.Second)

		sink.Publish(snapshotOf([]string{"ghost:1"}))
		sink.Heard(errors.New("from the grave"))
		r.wants("web", "a:1")
		if status := r.provider("p"); status.Stale || status.Errors != 1 {
			t.Errorf("a dead sink was heard: %+v", status)
		}
		sink = p.sinks("web")[0]
		r.configure(discovery.Plan{})
		sink.Publish(snapshotOf([]string{"ghost:1"}))
		r.lacks("web")
	})
}

// What a provider has started for a watch ends with it, when it goes by the context.
func TestContextEndsWithItsWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := &quitter{}, newRig(t)
		r.configure(one(p))
		if len(p.contexts) == 0 {
			t.Fatal("not watched")
		}
		if p.contexts[0].Err() == nil {
			t.Error("the context outlives the watch")
		}
	})
}

// quitter is a provider that returns at once and keeps the contexts that it was given.
type quitter struct{ contexts []context.Context }

func (p *quitter) Watch(ctx context.Context, _ discovery.Query, _ discovery.Sink) error {
	p.contexts = append(p.contexts, ctx)
	return errors.New("boom")
}

func TestDroppedEntriesAreCountedAndLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		r.configure(one(p))
		publish := func(faults ...string) {
			snapshot := snapshotOf([]string{"a:1"})
			for _, fault := range faults {
				snapshot.Dropped = append(snapshot.Dropped, errors.New(fault))
			}
			p.sinks("web")[0].Publish(snapshot)
			synctest.Wait()
		}
		publish("x is bad")
		publish("x is bad")
		publish("x is bad", "y is bad")
		publish()
		publish("x is bad")
		if status := r.provider("p"); status.Dropped != 3 { // x, y, and x when it came back
			t.Errorf("counted %d dropped entries, want 3", status.Dropped)
		}
		for _, fault := range []string{"x is bad", "y is bad"} {
			if n := r.logs.count("dropped an entry", "service=web", fault); n != 1 {
				t.Errorf("logged %q %d times", fault, n)
			}
		}
		for i := range 2000 {
			publish(fmt.Sprintf("fault %d", i))
		}
		if n := r.logs.count("dropped an entry"); n > 1000 {
			t.Errorf("logged %d lines, want a bound", n)
		}
		r.wants("web", "a:1")
	})
}

// When a registry goes down, its thousands of services do not write a line each.
func TestTransitionsAreLoggedWithinABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		plan := discovery.Plan{Providers: one(p).Providers}
		for i := range 100 {
			name := fmt.Sprint("s", i)
			p.say(name, "a:1")
			plan.Services = append(plan.Services, explicit(name, "p"))
		}
		r.configure(plan)
		each := func(err error) {
			for _, s := range plan.Services {
				p.heard(s.Name, err)
			}
		}
		each(errors.New("down"))
		if n := r.logs.count("became stale"); n < 1 || n > 10 {
			t.Errorf("wrote %d lines", n)
		}
		pass(time.Minute)
		each(nil)
		if r.logs.count("recovered", "lines-held-back=90") != 1 {
			t.Error("did not say how many lines were held back")
		}
		if status := r.provider("p"); status.Stale || status.Errors != 1 || status.LastError != nil {
			t.Errorf("status %+v", status)
		}
	})
}

// worker is a provider with shared work.
type worker struct {
	*script
	err     error // returned at once unless nil
	ended   chan struct{}
	watches int // that still ran when Run was told to end
}

func (w *worker) Run(ctx context.Context) error {
	if w.err != nil {
		return w.err
	}
	<-ctx.Done()
	w.watches, _ = w.watched("web")
	close(w.ended)
	return ctx.Err()
}

func TestSharedWorkOutlivesWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := &worker{script: newScript(), ended: make(chan struct{})}, newRig(t)
		w.say("web", "a:1")
		r.configure(one(w))
		r.configure(one(w)) // the same provider keeps running
		select {
		case <-w.ended:
			t.Fatal("a reload ended the shared work")
		default:
		}
		r.configure(discovery.Plan{})
		<-w.ended
		if w.watches != 0 {
			t.Errorf("%d watches still ran when the shared work was ended", w.watches)
		}
		r.lacks("web")
	})
}

func TestSharedWorkThatBreaksDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, r := &worker{script: newScript(), err: errors.New("no such certificate")}, newRig(t)
		w.say("web", "a:1")
		r.configure(one(w))
		r.wants("web", "a:1")
		status := r.provider("p")
		if !status.Stale || status.LastError == nil || status.Errors != 1 {
			t.Errorf("status %+v", status)
		}
		if r.logs.count("[ERROR]", "provider broke down", "no such certificate") != 1 {
			t.Error("not logged as an error")
		}
	})
}
