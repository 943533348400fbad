package health

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// hourly is a check whose next round is out of sight.
var hourly = Check{Type: TypeTCP, Interval: time.Hour}

// gate is a sink that holds the first delivery until the test opens it.
type gate struct {
	*lab
	reached, open chan struct{}
}

// newGate runs a checker with a probe of a:1 for service web whose result is about to be delivered. It
// must be called in a bubble.
func newGate(t *testing.T) *gate {
	g := &gate{newLab(t, 64, refused), make(chan struct{}), make(chan struct{})}
	g.sink = g
	t.Cleanup(g.pass) // before the lab's own, which waits for what is held here
	g.SetTargets("web", targets(hourly, "a:1"))
	<-g.reached
	return g
}

// Checked is for Sink.
func (g *gate) Checked(r Result) {
	select {
	case <-g.reached:
	default:
		close(g.reached)
		<-g.open
	}
	g.lab.Checked(r)
}

// pass opens the gate, if it is closed.
func (g *gate) pass() {
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// What says that the sink hears no more of a target holds for a result that is on its way already:
// the sink might keep it for good, as nobody probes the target any more.
func TestCallsThatWaitForADelivery(t *testing.T) {
	other := targets(hourly, "b:1")
	both := append(targets(hourly, "a:1"), other...)
	tests := map[string]struct {
		call func(*Checker)
		wait bool
	}{
		"override":               {func(c *Checker) { c.Override("web", "a:1", true) }, true},
		"remove":                 {func(c *Checker) { c.Remove("web") }, true},
		"a list without it":      {func(c *Checker) { c.SetTargets("web", other) }, true},
		"a list with it":         {func(c *Checker) { c.SetTargets("web", both) }, false},
		"another service's list": {func(c *Checker) { c.SetTargets("other", other) }, false},
		"override of another":    {func(c *Checker) { c.Override("web", "b:1", true) }, false},
		"a look":                 {func(c *Checker) { c.Last("web", "a:1"); c.LastOf("web"); c.Stats() }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(t)
				returned := make(chan struct{})
				go func() { tt.call(g.Checker); close(returned) }()
				synctest.Wait()
				select {
				case <-returned:
					if tt.wait {
						t.Error("it returned while a result was on its way")
					}
				default:
					if !tt.wait {
						t.Error("it waits for a result that is none of its business")
					}
				}
				g.pass()
				<-returned
			})
		})
	}
}

// A target that is probed by another check from now on is heard of in the order of its probes.
func TestResultsOfTwoChecksStayInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		g.network(fine)
		g.SetTargets("web", targets(Check{Type: TypeHTTP, Interval: time.Hour}, "a:1"))
		pass(sec)
		if got := g.heard("web", "a:1"); got != "" {
			t.Errorf("heard %q before the result that was on its way", got)
		}
		g.pass()
		pass(0)
		if got := g.heard("web", "a:1"); got != "failed ok" {
			t.Errorf("heard %q, want failed ok", got)
		}
	})
}

// Who joins a probe whose outcome is on its way to others does not wait for the next round.
func TestJoinersThatMissedTheOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		for i := range 10 {
			g.SetTargets(fmt.Sprint("joiner-", i), targets(hourly, "a:1"))
		}
		g.pass()
		pass(6 * time.Minute) // a tenth of the interval, however many join
		if n := len(g.starts("a:1")); n != 2 {
			t.Errorf("%d probes began, want the first and one for the joiners", n)
		}
		if got := g.heard("joiner-9", "a:1"); got != "failed" {
			t.Errorf("the last joiner heard %q, want failed", got)
		}
	})
}

// A service that is replaced while its target is being reported starts with nothing known of it and
// is probed at once.
func TestAReplacedServiceStartsAfresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		replaced := make(chan struct{})
		go func() {
			defer close(replaced)
			g.Remove("web")
			g.heard("web", "a:1") // what the group of before was told
			g.network(fine)
			g.SetTargets("web", targets(hourly, "a:1"))
		}()
		synctest.Wait()
		g.pass()
		<-replaced
		synctest.Wait()
		if got := g.heard("web", "a:1"); got != "ok" {
			t.Errorf("the new group heard %q, want ok", got)
		}
	})
}

func TestLastOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, func(ctx context.Context, address string) error {
			switch address {
			case "hang:1":
				return hang(ctx, address)
			case "down:1":
				return refused(ctx, address)
			}
			return nil
		})
		l.SetTargets("web", targets(hourly, "up:1", "down:1", "hang:1"))
		l.SetTargets("other", targets(hourly, "else:1"))
		synctest.Wait()
		lasts := l.LastOf("web")
		if len(lasts) != 2 || !lasts["up:1"].OK || lasts["down:1"].Error != "tcp: refused" {
			t.Errorf("got %+v, want up:1 and down:1, which have been probed", lasts)
		}
		if got := l.LastOf("nothing"); len(got) != 0 {
			t.Errorf("got %+v of an unknown service", got)
		}
	})
}
