package feed_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/agent/feed"
	"github.com/remora-agent/remora/client/wire"
)

// brief renders an event as "type service +added -removed ~changed" for comparison.
func brief(e wire.Event) string {
	parts := []string{e.Type}
	if e.Service != "" {
		parts = append(parts, e.Service)
	}
	if e.Group != nil {
		for _, b := range e.Group.Backends {
			parts = append(parts, b.Address)
		}
	}
	for _, list := range []struct {
		sign     string
		backends []wire.Backend
	}{{"+", e.Added}, {"-", e.Removed}, {"~", e.Changed}} {
		for _, b := range list.backends {
			parts = append(parts, list.sign+b.Address)
		}
	}
	return strings.Join(parts, " ")
}

// watch collects what a stream emits while script runs; between steps the stream is idle.
func watch(t *testing.T, c *catalog, services []string, script func(step func())) []string {
	t.Helper()
	var got []string
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.hub.Watch(ctx, services, func(e wire.Event) error {
			got = append(got, brief(e))
			return nil
		})
	}()
	synctest.Wait()
	script(synctest.Wait)
	synctest.Wait()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Watch = %v, want %v", err, context.Canceled)
	}
	return got
}

func TestWatchTellsEachKindOfChange(t *testing.T) {
	tests := []struct {
		name   string
		follow []string
		script func(c *catalog, step func())
		want   []string // after the first snapshots of a and b
	}{
		{"added", nil, func(c *catalog, _ func()) { c.set("a", backend("1:1"), backend("2:1")) }, []string{"diff a +2:1"}},
		{"removed", nil, func(c *catalog, _ func()) { c.set("a") }, []string{"diff a -1:1"}},
		{"attributes", nil, func(c *catalog, _ func()) { c.set("a", heavy("1:1")) }, []string{"diff a ~1:1"}},
		{"verdict", nil, func(c *catalog, _ func()) { c.set("a", sick("1:1")) }, []string{"health a ~1:1"}},
		{
			"staleness", nil,
			func(c *catalog, _ func()) { c.change("a", func(g *wire.Group) { g.Stale = true }) },
			[]string{"health a"},
		},
		{
			"all at once", nil,
			func(c *catalog, _ func()) { c.set("b", backend("3:1"), sick("4:1")) },
			[]string{"diff b +3:1 +4:1 -2:1"},
		},
		{
			"counters are silent", nil,
			func(c *catalog, _ func()) {
				c.change("a", func(g *wire.Group) {
					g.AgeSeconds = 7
					g.Backends = slices.Clone(g.Backends)
					g.Backends[0].ActiveConnections = 5
					g.Backends[0].LastCheck = &wire.LastCheck{OK: true}
				})
			}, nil,
		},
		{
			"strategy", nil,
			func(c *catalog, _ func()) { c.change("a", func(g *wire.Group) { g.Strategy = "least_connections" }) },
			[]string{"snapshot a 1:1"},
		},
		{
			"new service", nil,
			func(c *catalog, _ func()) { c.set("c", backend("5:1")) },
			[]string{"snapshot c 5:1"},
		},
		{
			"gone and back", nil,
			func(c *catalog, step func()) { c.remove("a"); step(); c.set("a", backend("6:1")) },
			[]string{"removed a", "snapshot a 6:1"},
		},
		{
			"gone and back unseen", nil,
			func(c *catalog, _ func()) { c.remove("a"); c.set("a", backend("6:1")) },
			[]string{"diff a +6:1 -1:1"},
		},
		{"other service", []string{"a", "b", "a"}, func(c *catalog, _ func()) { c.set("c") }, nil},
		{
			"named before it exists",
			[]string{"b", "a", "later"},
			func(c *catalog, step func()) { c.remove("never"); step(); c.set("later", backend("7:1")) },
			[]string{"snapshot later 7:1"},
		},
		{
			"heartbeats", nil,
			func(*catalog, func()) { <-time.After(2*feed.Heartbeat + time.Second) },
			[]string{"heartbeat", "heartbeat"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCatalog()
				c.set("b", backend("2:1"))
				c.set("a", backend("1:1"))
				got := watch(t, c, test.follow, func(step func()) { test.script(c, step) })
				want := append([]string{"snapshot a 1:1", "snapshot b 2:1"}, test.want...)
				if !slices.Equal(got, want) {
					t.Errorf("events\n got %q\nwant %q", got, want)
				}
			})
		})
	}
}

func TestWatchOfNothingHasHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := watch(t, newCatalog(), nil, func(func()) { <-time.After(feed.Heartbeat) })
		if want := []string{"heartbeat"}; !slices.Equal(got, want) {
			t.Errorf("events %q, want %q", got, want)
		}
	})
}

// A reader that stops while very many changes happen gets one fresh snapshot; one that misses a few
// gets them merged.
func TestWatchOfASlowReader(t *testing.T) {
	for _, test := range []struct {
		changes int
		want    string
	}{{2, "diff a +1:1 -0:1"}, {64, "diff a +63:1 -0:1"}, {65, "snapshot a 64:1"}, {5000, "snapshot a 4999:1"}} {
		t.Run(fmt.Sprint(test.changes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCatalog()
				c.set("a", backend("0:1"))
				ctx, cancel := context.WithCancel(t.Context())
				entered, resume := make(chan string), make(chan struct{})
				done := make(chan error, 1)
				go func() {
					done <- c.hub.Watch(ctx, nil, func(e wire.Event) error {
						entered <- brief(e)
						<-resume
						return nil
					})
				}()
				<-entered
				for i := range test.changes {
					c.set("a", backend(fmt.Sprintf("%d:1", i)))
				}
				resume <- struct{}{}
				if got := <-entered; got != test.want {
					t.Errorf("after %d changes the reader got %q, want %q", test.changes, got, test.want)
				}
				cancel()
				resume <- struct{}{}
				<-done
			})
		})
	}
}

func TestWatchEndsWhenEmitFails(t *testing.T) {
	c := newCatalog()
	c.set("a")
	broken := errors.New("broken pipe")
	if err := c.hub.Watch(t.Context(), nil, func(wire.Event) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Watch = %v, want %v", err, broken)
	}
}

// Whatever happens and however slowly it is read, applying the events gives the catalog's state.
func TestWatchNeverHasAGap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCatalog()
		state := make(replica)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		pace, done := make(chan struct{}), make(chan error, 1)
		go func() {
			done <- c.hub.Watch(ctx, nil, func(e wire.Event) error {
				select {
				case <-pace:
				case <-ctx.Done():
				}
				return state.apply(e)
			})
		}()
		steps := rapid.IntRange(1, 200).Draw(rt, "steps")
		for range steps {
			service := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "service")
			switch rapid.IntRange(0, 9).Draw(rt, "kind") {
			case 0:
				c.remove(service)
			case 1, 2, 3:
				select {
				case pace <- struct{}{}:
				default:
				}
			default:
				c.set(service, rapid.SliceOfNDistinct(
					rapid.Custom(drawBackend), 0, 5, func(b wire.Backend) string { return b.Address },
				).Draw(rt, "backends")...)
			}
		}
		// The last change is one that every reader can tell, so its event says that all came through.
		c.set("end", backend("9:9"))
		close(pace)
		for end := false; !end; {
			select {
			case err := <-done:
				if !errors.Is(err, errEnd) {
					rt.Fatalf("Watch = %v", err)
				}
				end = true
			case <-time.After(30 * time.Second):
				rt.Fatal("the last change never came through")
			}
		}
		for _, service := range []string{"a", "b"} {
			if want, got := c.state(service), state[service]; want != got {
				rt.Fatalf("service %s: the reader believes\n%s\nand true is\n%s", service, got, want)
			}
		}
	})
}

func drawBackend(t *rapid.T) wire.Backend {
	make := rapid.SampledFrom([]func(string) wire.Backend{backend, sick, heavy}).Draw(t, "make")
	return make(fmt.Sprintf("%d:1", rapid.IntRange(1, 6).Draw(t, "address")))
}
