package discovery_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// Whoever follows a service that nobody offers yet sees it come up, however long that takes.
func TestAbsentServicesInUseAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		var ended atomic.Bool
		r := newRig(t, discovery.WithKeep(func(service string) bool { return service == "followed" && !ended.Load() }))
		r.configure(globs(p, discovery.ImportOnDemand, "*"))
		for _, name := range []string{"followed", "junk"} {
			p.say(name)
			r.Ask(name)
		}
		pass(2 * time.Hour)
		if now, ever := p.watched("followed"); now != 1 || ever != 1 {
			t.Errorf("%d watches of a service in use run, %d were started, want 1 and 1", now, ever)
		}
		if now, _ := p.watched("junk"); now != 0 {
			t.Error("a service that nobody offers or uses is still watched")
		}
		p.say("followed", "x:1")
		r.wants("followed", "x:1")

		ended.Store(true)
		pass(2 * time.Hour)
		r.lacks("followed")
	})
}

// What is in use is not sacrificed for names that nobody offers either.
func TestRoomIsMadeByWhatIsNotInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		r := newRig(t, discovery.WithOnDemandLimit(4), discovery.WithKeep(func(service string) bool {
			return service == "followed-1" || service == "followed-2"
		}))
		r.configure(globs(p, discovery.ImportOnDemand, "*"))
		ask := func(name string, want discovery.Answer) {
			t.Helper()
			p.say(name)
			r.answers(name, want)
			synctest.Wait()
		}
		for _, name := range []string{"followed-1", "followed-2", "junk-1", "junk-2", "junk-3", "junk-4"} {
			ask(name, discovery.Pending)
		}
		for name, want := range map[string]int{"followed-1": 1, "followed-2": 1, "junk-1": 0, "junk-2": 0, "junk-3": 1, "junk-4": 1} {
			if now, _ := p.watched(name); now != want {
				t.Errorf("%d watches of %s run, want %d", now, name, want)
			}
		}
		for i := range 2 { // offered: these stay
			name := fmt.Sprint("real-", i)
			p.say(name, "x:1")
			r.answers(name, discovery.Pending)
			r.wants(name, "x:1")
		}
		ask("one-too-many", discovery.OverLimit)
	})
}

// idlers watches services that nobody asks for any more.
func idlers(r *rig, p *script, names ...string) {
	plan := globs(p, discovery.ImportOnDemand, "*")
	plan.Providers[0].IdleTimeout = time.Minute
	r.configure(plan)
	for _, name := range names {
		p.say(name, "x:1")
		r.Ask(name)
		r.wants(name, "x:1")
	}
}

// A service ends right after it was found not to be in use, not once all have been looked at.
func TestKeepIsAskedRightBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, refused := newScript(), []string(nil)
		var r *rig
		r = newRig(t, discovery.WithKeep(func(service string) bool {
			for _, earlier := range refused {
				if _, there := r.ServiceStatus(earlier); there {
					t.Errorf("%s is still there, and may be in use again before it ends", earlier)
				}
			}
			refused = append(refused, service)
			return false
		}))
		idlers(r, p, "a", "b", "c")
		pass(2 * time.Minute)
		if len(refused) != 3 {
			t.Errorf("asked about %q, want three services", refused)
		}
	})
}

// Somebody asks for a service at the very moment when it is to end.
func TestAskedForWhileEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newScript()
		var r *rig
		var asked atomic.Int32
		r = newRig(t, discovery.WithKeep(func(service string) bool {
			if asked.Add(1) == 1 {
				r.answers(service, discovery.Ready)
			}
			return false
		}))
		idlers(r, p, "web")
		pass(100 * time.Second)
		if asked.Load() != 1 {
			t.Fatalf("asked %d times whether it is in use, want once by now", asked.Load())
		}
		r.wants("web", "x:1")
		pass(2 * time.Minute)
		r.lacks("web")
	})
}

// Who is told that a service is there can rely on it, even in the moment in which it was to end: every
// round lasts from one such moment to the next.
func TestReadyIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		idlers(r, p, "web")
		const round = time.Minute + 6*time.Second // the idle timeout, and the sweep that sees the Ask
		var ready, ended atomic.Int32
		var apps sync.WaitGroup
		for range 4 {
			apps.Go(func() {
				for range 500 {
					<-time.After(round)
					if r.Ask("web") != discovery.Ready {
						ended.Add(1)
						continue
					}
					ready.Add(1)
					if _, there := r.ServiceStatus("web"); !there {
						t.Error("the service was there and is gone")
					}
				}
			})
		}
		apps.Wait()
		if ready.Load() == 0 || ended.Load() == 0 {
			t.Errorf("asked %d times in time and %d times too late, want some of both", ready.Load(), ended.Load())
		}
	})
}
