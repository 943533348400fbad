package discovery_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
)

var errDown = errors.New("down")

// memory is a provider that knows something from the past and can't reach its catalog: every watch
// gets what was known, with its age, until the catalog is back.
type memory struct {
	*script
	at  time.Time
	err error
}

var _ discovery.Reachable = (*memory)(nil)

func (m *memory) LastAnswer() (time.Time, error) { return m.at, m.err }

// recall publishes what is known of a service to everybody who watches it.
func (m *memory) recall(name string, list ...string) {
	for _, sink := range m.sinks(name) {
		snapshot := snapshotOf(list)
		snapshot.At, snapshot.Err = m.at, m.err
		sink.Publish(snapshot)
	}
}

// newMemory returns a provider whose catalog was lost a minute ago.
func newMemory() *memory {
	m := &memory{script: newScript(), at: time.Now(), err: errDown}
	pass(time.Minute)
	return m
}

func TestAMemoryIsAsOldAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newRig(t)
		r.configure(one(m))
		m.recall("web", "x:1")
		r.wants("web", "x:1")
		check := func(age time.Duration, stale bool) {
			t.Helper()
			service, _ := r.ServiceStatus("web")
			if service.Age != age || service.Stale != stale {
				t.Errorf("the service is %v old, stale: %v, want %v, %v", service.Age, service.Stale, age, stale)
			}
			if p := r.provider("p"); p.Age != age || p.Stale != stale || !p.Answered {
				t.Errorf("the provider's status is %+v, want age %v, stale: %v", p, age, stale)
			}
		}
		check(time.Minute, true)
		if u, _ := r.got.get("web"); !u.Stale || r.got.applied["web"] != 1 {
			t.Errorf("applied %d times, stale: %v, want once and stale from the start", r.got.applied["web"], u.Stale)
		}
		if n := r.logs.count("recovered"); n != 0 {
			t.Error("a memory was logged as a recovery")
		}
		pass(time.Minute)
		m.recall("web", "x:1")
		check(2*time.Minute, true)

		m.at, m.err = time.Now(), nil
		m.heard("web", nil)
		check(0, false)
	})
}

// What one source remembers does not make its provider look as old as that.
func TestAMemoryDoesNotAgeItsProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		long := time.Now()
		pass(time.Hour)
		p.say("web", "x:1")
		r.configure(two(p, p, explicit("web", "a"), explicit("old", "a")))
		snapshot := snapshotOf([]string{"y:1"})
		snapshot.At = long
		p.sinks("old")[0].Publish(snapshot)
		if status := r.provider("a"); status.Age != 0 {
			t.Errorf("the provider answered %v ago, want now", status.Age)
		}
		if status, _ := r.ServiceStatus("old"); status.Age != time.Hour || status.Stale {
			t.Errorf("the service is %v old, stale: %v, want an hour and fresh", status.Age, status.Stale)
		}
		snapshot.At = time.Now().Add(time.Hour)
		p.sinks("old")[0].Publish(snapshot)
		pass(time.Minute)
		if status, _ := r.ServiceStatus("old"); status.Age != time.Minute {
			t.Errorf("a minute after a snapshot from the future its age is %v", status.Age)
		}
	})
}

// A list of names from an old copy doesn't make the provider look fresh.
func TestAListIsAsOldAsItsCatalog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newRig(t)
		m.names = []string{"web"}
		r.configure(globs(m, discovery.ImportAll, "*"))
		if status := r.provider("p"); status.Age != time.Minute || !status.Stale || !errors.Is(status.LastError, errDown) {
			t.Errorf("status %+v, want stale for a minute", status)
		}
	})
}

// Nobody can say that a service does not exist while its catalog can't be asked.
func TestAbsentIsSaidByACatalogThatAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newRig(t)
		r.configure(globs(m, discovery.ImportOnDemand, "*"))
		r.answers("web", discovery.Pending)
		synctest.Wait()
		m.recall("web")
		synctest.Wait()
		r.answers("web", discovery.Pending)
		waited := make(chan discovery.Answer)
		go func() {
			answer, _ := r.Wait(t.Context(), "web")
			waited <- answer
		}()
		synctest.Wait()

		m.heard("web", nil) // the catalog is back and says so
		if answer := <-waited; answer != discovery.Absent {
			t.Errorf("waited for %v, want absent", answer)
		}
		m.heard("web", errDown)
		synctest.Wait()
		r.answers("web", discovery.Pending)
		m.say("web", "x:1")
		r.wants("web", "x:1")
		r.answers("web", discovery.Ready)
		m.heard("web", errDown)
		synctest.Wait()
		r.answers("web", discovery.Ready)
	})
}

// Names that are asked for during an outage end like those that nobody offers, and make room like them.
func TestNamesAskedForDuringAnOutageAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMemory(), newRig(t, discovery.WithOnDemandLimit(3))
		r.configure(globs(m, discovery.ImportOnDemand, "*"))
		for i := range 20 {
			name := fmt.Sprint("junk", i)
			r.answers(name, discovery.Pending)
			synctest.Wait()
			m.recall(name)
			synctest.Wait()
		}
		if n := r.provider("p").Services; n != 3 {
			t.Errorf("%d services are watched, the limit is 3", n)
		}
		pass(time.Minute)
		if n := r.provider("p").Services; n != 0 {
			t.Errorf("%d names that nobody uses are still watched", n)
		}
	})
}

// A failure that all services of a catalog hear of is one failure, and it counts again when it comes again.
func TestAFailureOfManyServicesCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := newScript(), newRig(t)
		services := []string{"a", "b", "c"}
		plan := discovery.Plan{Providers: one(p).Providers}
		for _, name := range services {
			p.say(name, "x:1")
			plan.Services = append(plan.Services, explicit(name, "p"))
		}
		r.configure(plan)
		all := func(err error) {
			for _, name := range services {
				p.heard(name, err)
			}
		}
		steps := []struct {
			name string
			do   func()
			want uint64
		}{
			{"one outage", func() { all(errDown) }, 1},
			{"and its end", func() { all(nil) }, 1},
			{"another outage, with the same error", func() { all(errDown) }, 2},
			{"another attempt", func() { all(errors.New("still down")) }, 3},
			{"a failure of one service", func() { p.heard("a", errors.New("no access")) }, 4},
			{"the same again", func() { p.heard("b", errDown); p.heard("b", errDown) }, 6},
			{"errors that can't be compared", func() { all(list{errDown}) }, 9},
		}
		for _, step := range steps {
			step.do()
			if got := r.provider("p").Errors; got != step.want {
				t.Errorf("%s: %d errors, want %d", step.name, got, step.want)
			}
		}
		status, _ := r.ServiceStatus("c")
		if got := status.Sources[0].Errors; got != 4 {
			t.Errorf("service c has %d errors, want the 4 that it heard of", got)
		}
	})
}

// list is an error that Go can't compare.
type list []error

func (l list) Error() string { return errors.Join(l...).Error() }

// busybody is a provider that uses the Catalog when it is asked how it is doing.
type busybody struct {
	*script
	catalog *discovery.Catalog
}

func (b *busybody) LastAnswer() (time.Time, error) {
	b.catalog.Ask("web")
	b.catalog.ServiceStatus("web")
	return time.Time{}, nil
}

func (b *busybody) Load() discovery.Load {
	b.catalog.Ask("other")
	return discovery.Load{Queries: 7}
}

// Status asks providers under no lock: this one would wait for ever.
func TestStatusAsksUnderNoLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.configure(globs(&busybody{newScript(), r.Catalog}, discovery.ImportOnDemand, "*"))
		status := r.provider("p")
		if status.Answered || status.Stale || status.Load == nil || status.Load.Queries != 7 {
			t.Errorf("status %+v, want no answer yet and the load", status)
		}
	})
}
