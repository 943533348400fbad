package outlier

import (
	"testing"
	"time"
)

func TestConsecutiveFailures(t *testing.T) {
	tests := []struct {
		name    string
		limit   int
		reports string // f and s, of one uid
		ejected bool
	}{
		{"one too few", 5, "ffff", false},
		{"exactly", 5, "fffff", true},
		{"a success ends the run", 5, "ffffsffff", false},
		{"the run begins after a success", 5, "sfffff", true},
		{"a limit of one", 1, "f", true},
		{"off", 0, "ffffffffffffffffffff", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGroup(t, 1, func(s *Settings) { s.ConsecutiveFailures = test.limit })
			for i, r := range test.reports {
				c, changed := g.Record("b0", 1, r == 's', g.now)
				if last := i == len(test.reports)-1; changed != (last && test.ejected) || changed != c.Ejected && last {
					t.Fatalf("report %d: changed %v, %+v", i, changed, c)
				}
			}
			if g.Standing("b0").Ejected != test.ejected {
				t.Errorf("ejected %v", !test.ejected)
			}
		})
	}
}

func TestAnEjectionSaysWhy(t *testing.T) {
	g := newGroup(t, 1, nil)
	got := g.fail("b0", 1, 5)
	want := Change{
		Address: "b0",
		Ejected: true,
		Since:   epoch,
		Until:   epoch.Add(30 * time.Second),
		Cause:   ConsecutiveFailures,
		Reason:  "5 consecutive failures",
	}
	if got != want || g.Standing("b0") != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestRunsOutlastIntervals: as in Envoy, it does not matter how much time lies between failures.
func TestRunsOutlastIntervals(t *testing.T) {
	g := newGroup(t, 1, nil)
	for range 4 {
		g.fail("b0", 1, 1)
		g.sweep()
		g.sweep()
		g.sweep()
	}
	g.wantEjected()
	g.fail("b0", 1, 1)
	g.wantEjected("b0")
}

// TestTheCapDelays: a run that was refused for the cap goes on, and the next failure after there is
// room ejects.
func TestTheCapDelays(t *testing.T) {
	g := newGroup(t, 10, nil)
	g.fail("b0", 1, 5)
	g.fail("b1", 1, 7)
	g.wantEjected("b0")
	if got := g.Stats(); got.Capped != 1 || got.Ejections[ConsecutiveFailures] != 1 {
		t.Errorf("stats are %+v, want one ejection and one refusal", got)
	}
	for range 3 {
		g.sweep()
	}
	g.wantEjected()
	if c := g.fail("b1", 1, 1); c.Reason != "8 consecutive failures" {
		t.Errorf("%+v", c)
	}
	g.wantEjected("b1")
}

func TestReturningEndsTheRun(t *testing.T) {
	g := newGroup(t, 1, nil)
	g.fail("b0", 1, 9) // those that come after the ejection do not count
	for range 3 {
		g.sweep()
	}
	g.fail("b0", 1, 4)
	g.wantEjected()
	g.fail("b0", 1, 1)
	g.wantEjected("b0")
}

func TestWhatIsNoMemberDoesNotCount(t *testing.T) {
	g := newGroup(t, 2, nil)
	g.fail("stranger", 1, 100)
	if len(g.backends) != 0 || g.Standing("stranger").Ejected {
		t.Error("a stranger is remembered")
	}
}
