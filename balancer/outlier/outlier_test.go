package outlier

import (
	"fmt"
	"testing"
	"time"
)

// group is a detector under test, with a clock that only the test moves.
type group struct {
	*Detector
	t   testing.TB
	now time.Time
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newGroup has n members named b0, b1, … and the default settings but for what change does to them.
func newGroup(t testing.TB, n int, change func(*Settings)) *group {
	t.Helper()
	s := Defaults()
	if change != nil {
		change(&s)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	g := &group{Detector: New(s), t: t, now: epoch}
	g.SetMembers(addresses(n))
	return g
}

func addresses(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = address(i)
	}
	return list
}

func address(i int) string { return fmt.Sprintf("b%d", i) }

// fail reports failures and returns the last change that followed.
func (g *group) fail(address string, uid uint32, times int) (last Change) {
	return g.report(address, uid, false, times)
}

func (g *group) ok(address string, uid uint32, times int) (last Change) {
	return g.report(address, uid, true, times)
}

func (g *group) report(address string, uid uint32, success bool, times int) (last Change) {
	for range times {
		if c, changed := g.Record(address, uid, success, g.now); changed {
			last = c
		}
	}
	return last
}

// mixed reports so many of each, and never two failures in a row while successes last.
func (g *group) mixed(address string, uid uint32, ok, failed int) {
	for ok > 0 || failed > 0 {
		if failed > 0 {
			g.fail(address, uid, 1)
			failed--
		}
		n := min(ok, max(1, ok/(failed+1)))
		g.ok(address, uid, n)
		ok -= n
	}
}

// sweep ends the interval.
func (g *group) sweep() []Change {
	g.now = g.now.Add(g.Settings().Interval)
	return g.Sweep(g.now)
}

func (g *group) ejectedNow() (list []string) {
	g.t.Helper()
	for _, a := range g.members {
		if g.Standing(a).Ejected {
			list = append(list, a)
		}
	}
	if g.Stats().Ejected != len(list) {
		g.t.Fatalf("Stats().Ejected = %d, and ejected are %q", g.Stats().Ejected, list)
	}
	return list
}

func (g *group) wantEjected(want ...string) {
	g.t.Helper()
	if got := g.ejectedNow(); fmt.Sprint(got) != fmt.Sprint(want) {
		g.t.Errorf("ejected are %q, want %q", got, want)
	}
}

// bare lets all be ejected, by no rule but those that a test switches on.
func bare(s *Settings) {
	s.MaxEjectionPercent = 100
	s.ConsecutiveFailures = 0
	s.SuccessRate.Enabled = false
}

func onlySuccessRate(s *Settings) {
	bare(s)
	s.SuccessRate.Enabled = true
}

func onlyFailures(s *Settings) {
	bare(s)
	s.FailurePercentage.Enabled = true
}
