package etcd

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/remora-agent/remora/internal/testbed"
)

// TestIdle leaves etcd alone for longer than its silence would take to end two sessions, in the
// proportions of the defaults, whatever was last written to it.
func TestIdle(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testbed.World){
		"never written":                func(*testbed.World) {},
		"last change under the prefix": func(w *testbed.World) { w.Put("web", 1) },
		"last change elsewhere": func(w *testbed.World) {
			w.Put("web", 1)
			if _, err := w.Etcd.Client().Put(w.Context(), "/elsewhere", ""); err != nil {
				w.Fatal(err)
			}
		},
		"compacted": func(w *testbed.World) {
			w.Put("web", 1)
			w.Put("web", 1)
			w.Compact()
		},
	}
	sinks := make(map[string]*recorder)
	for name, prepare := range tests { // all are idle at the same time
		world := testbed.Scenario{}.Start(t)
		prepare(world)
		config := impatient(world)
		config.ProgressEvery, config.StallAfter = time.Second, 2400*time.Millisecond
		sinks[name] = startProvider(t, config).sink("web")
	}
	for name, sink := range sinks {
		sink.await(t, "answers", func() bool { return sink.heard >= 6 })
		if published, failed := sink.published(), sink.failed(); published != 1 || failed != 0 {
			t.Errorf("%s: there were %d snapshots and %d failures, want 1 and 0", name, published, failed)
		}
	}
}

// TestIdleAfterABrokenConnection has the client library resume the watch while nothing changes, which
// it does with a revision that is yet to come.
func TestIdleAfterABrokenConnection(t *testing.T) {
	t.Parallel()
	world, w := start(t, testbed.Scenario{Proxied: true}, func(c *Config) {
		c.ProgressEvery, c.StallAfter = 500*time.Millisecond, 3*time.Second
	})
	address := world.Put("web", 1)
	w.Expect("web", address)
	sink := w.sink("web")
	for range 3 {
		sink.awaitAnswers(t, 1)
		world.Proxy.Drop()
		sink.awaitAnswers(t, 2)
	}
	if failed := sink.failed(); failed != 0 {
		t.Errorf("nothing happened but that connections were closed, and there were %d failures", failed)
	}
	w.Expect("web", address, world.Put("web", 2))
}

// TestCompactedRightAfterTheList compacts what the watch is to begin with before it is opened: when the
// list has been logged. That is no failure.
func TestCompactedRightAfterTheList(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{}.Start(t)
	world.Put("web", 1)
	client := world.Etcd.Client()
	compact := sync.OnceFunc(func() {
		for n := range 2 {
			if _, err := client.Put(t.Context(), world.Key("web", "1"), world.Address("web", 2+n)); err != nil {
				t.Error(err)
			}
		}
		if _, err := client.Compact(t.Context(), 4); err != nil {
			t.Error(err)
		}
	})
	compacted := make(chan struct{}, 1)
	w := startLogging(t, impatient(world), func(line string) {
		switch {
		case strings.Contains(line, "etcd is followed"):
			compact()
		case strings.Contains(line, "listing again"):
			compacted <- struct{}{}
		}
	})
	w.Expect("web", world.Address("web", 3))
	<-compacted
	if failed := w.sink("web").failed(); failed != 0 {
		t.Errorf("%d failures were told", failed)
	}
}

// TestNeverReached watches nothing at first, and still an operator learns at once that nobody answers,
// and why.
func TestNeverReached(t *testing.T) {
	t.Parallel()
	const refuses = "127.0.0.1:1"
	for name, world := range map[string]*testbed.World{
		"open":          {Endpoints: []string{refuses}},
		"with password": {Endpoints: []string{refuses}, User: "agent", Password: "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := impatient(world)
			config.RequestTimeout, config.StallAfter = guard, guard // nothing runs out of time
			log := make(chan string, 1000)
			w := startLogging(t, config, func(line string) { log <- line })
			checkLine(t, <-log, "[WARN]", "nothing is known yet")
			at, err := w.LastAnswer()
			if !at.IsZero() || err == nil || !strings.Contains(err.Error(), refuses+": connect: connection refused") {
				t.Errorf("the last answer is %v, %v, want none and an error that says why", at, err)
			}
			sink := w.sink("web")
			sink.await(t, "more attempts", func() bool { return sink.stale && sink.failures > 5 })
			if len(log) > 0 {
				t.Errorf("a later attempt was logged, too: %s", <-log)
			}
			if sink.published() > 0 {
				t.Error("something was published")
			}
		})
	}
}
