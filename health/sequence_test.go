package health

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// step is one thing that happens to a checker.
type step struct {
	act       int // an index of acts
	service   string
	addresses []string
	check     Check
	healthy   bool
	network   int // an index of networks
	wait      time.Duration
}

var networks = []func(context.Context, string) error{fine, refused, hang, taking(400 * ms)}

var acts = []func(l *lab, s step){
	func(l *lab, s step) { l.SetTargets(s.service, targets(s.check, s.addresses...)) },
	func(l *lab, s step) { l.Remove(s.service) },
	func(l *lab, s step) { l.network(networks[s.network]) },
	func(_ *lab, s step) { pass(s.wait) },
	func(l *lab, s step) {
		for _, address := range s.addresses {
			l.Override(s.service, address, s.healthy)
		}
	},
}

func drawStep(t *rapid.T) step {
	checks := []Check{everySecond, {Type: TypeHTTP, Interval: 2 * sec}, {Type: TypeNone}}
	return step{
		act:       rapid.IntRange(0, len(acts)-1).Draw(t, "act"),
		service:   rapid.SampledFrom([]string{"web", "db", "api"}).Draw(t, "service"),
		addresses: rapid.SliceOfN(rapid.SampledFrom(numbered("a", 6)), 0, 8).Draw(t, "addresses"),
		check:     rapid.SampledFrom(checks).Draw(t, "check"),
		healthy:   rapid.Bool().Draw(t, "healthy"),
		network:   rapid.IntRange(0, len(networks)-1).Draw(t, "network"),
		wait:      time.Duration(rapid.IntRange(0, 3000).Draw(t, "wait")) * ms,
	}
}

// Whatever is set, removed, marked and answered in whatever order, the tables agree with each other,
// no address is probed twice at a time by one check, and once all is fine every verdict says so.
func TestAnySequenceOfChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		slots := rapid.IntRange(1, 5).Draw(rt, "slots")
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 30).Draw(rt, "steps")
		var failure error
		synctest.Test(t, func(t *testing.T) { failure = runSteps(t, slots, steps) })
		if failure != nil {
			rt.Fatal(failure)
		}
	})
}

func runSteps(t *testing.T, slots int, steps []step) error {
	l := newLab(t, slots, fine)
	defer l.stop()
	for i, s := range steps {
		acts[s.act](l, s)
		if err := l.verify(); err != nil {
			return fmt.Errorf("after step %d: %w", i, err)
		}
	}
	synctest.Wait()
	if l.most > slots {
		return fmt.Errorf("%d probes were in flight, %d slots", l.most, slots)
	}
	l.network(fine)
	pass(30 * sec)
	for service, group := range l.services {
		for address, m := range group {
			if m.streak.verdict != OK {
				return fmt.Errorf("%s of %s is %v, and all is fine", address, service, m.streak.verdict)
			}
		}
	}
	return nil
}
