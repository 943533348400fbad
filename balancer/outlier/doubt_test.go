package outlier

import (
	"testing"
)

const (
	liar = 666
	anna = 1
	ben  = 2
)

// TestRunsAndUIDs: f and F are failures that the first and the second uid report, s and S successes, |
// is a sweep.
func TestRunsAndUIDs(t *testing.T) {
	tests := []struct {
		name    string
		reports string
		ejected bool
	}{
		{"alone", "fffff", true},
		{"alone, after its own success", "sfffff", true},
		{"another one sees it fine", "Sffffffffffff", false},
		{"in the interval before too", "S|fffff", false},
		{"but not before that", "S||fffff", true},
		{"nor when it turns to failures", "SfFfFfFfFfF", true},
		{"but four of its own are too few", "SfFfFfFfFff", false},
		{"two who only see failures", "ffFFF", true},
		{"a failure among many is not enough", "SfffffffffF", false},
		{"four are not either", "SffffffffffFFFF", false},
		{"five are", "SffffffffffFFFFF", true},
		{"the second may be first to speak", "SSSFfffff", false},
		{"both fine before, both failing now", "sSfFfFfFfFfF", true},
		{"both fine before, only one failing now", "sSffffffffff", false},
		{"it goes on after the window", "Sffff|ffff|f", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGroup(t, 1, nil)
			for _, r := range test.reports {
				switch r {
				case 'f', 's':
					g.report("b0", anna, r == 's', 1)
				case 'F', 'S':
					g.report("b0", ben, r == 'S', 1)
				default:
					g.sweep()
				}
			}
			if g.Standing("b0").Ejected != test.ejected {
				t.Errorf("ejected %v, want %v", !test.ejected, test.ejected)
			}
		})
	}
}

// TestContradiction: an ejection on the word of one uid ends with the first success of another.
func TestContradiction(t *testing.T) {
	g := newGroup(t, 1, nil)
	g.fail("b0", liar, 5)
	g.ok("b0", liar, 5)
	g.fail("b0", anna, 5)
	g.wantEjected("b0")
	c := g.ok("b0", anna, 1)
	if c.Ejected || c.Cause != Contradicted || c.Reason != "uid 1 reports a success, and only uid 666 reported failures" {
		t.Errorf("%+v", c)
	}
	g.wantEjected()
	if m := g.backends["b0"].multiplier; m != 0 {
		t.Errorf("the multiplier is %d, as if the ejection had been right", m)
	}
	g.fail("b0", liar, 50)
	g.wantEjected() // for anna's success counts
}

func TestTwoAccusersAreNotContradicted(t *testing.T) {
	g := newGroup(t, 1, nil)
	g.fail("b0", anna, 3)
	g.fail("b0", ben, 2)
	g.ok("b0", 3, 10)
	g.wantEjected("b0")
}

// TestRatesAndUIDs has the first of ten backends accused by the rates of one interval.
func TestRatesAndUIDs(t *testing.T) {
	fine, bad := outcomes{100, 0}, outcomes{50, 50}
	tests := []struct {
		name    string
		rules   func(*Settings)
		first   map[uint32]outcomes // of the first backend
		rest    map[uint32]outcomes // of each of the others
		ejected bool
	}{
		{
			"alone", onlySuccessRate,
			map[uint32]outcomes{liar: bad},
			map[uint32]outcomes{liar: fine},
			true,
		},
		{
			"another one sees it fine", onlySuccessRate,
			map[uint32]outcomes{liar: {0, 1000}, anna: fine},
			map[uint32]outcomes{liar: fine, anna: fine},
			false,
		},
		{
			"a single success is enough", onlySuccessRate,
			map[uint32]outcomes{liar: {0, 1000}, anna: {1, 0}},
			map[uint32]outcomes{liar: fine},
			false,
		},
		{
			"both see it bad", onlySuccessRate,
			map[uint32]outcomes{anna: bad, ben: bad},
			map[uint32]outcomes{anna: fine, ben: fine},
			true,
		},
		{
			"the other one has little to say", onlySuccessRate,
			map[uint32]outcomes{anna: bad, ben: {3, 3}},
			map[uint32]outcomes{anna: fine, ben: {6, 0}},
			true,
		},
		{
			"the other one fares as well with it as with the rest", onlySuccessRate,
			map[uint32]outcomes{liar: bad, anna: {90, 10}},
			map[uint32]outcomes{liar: fine, anna: {90, 10}},
			false,
		},
		{
			"praise for all the others is no accusation", onlySuccessRate,
			map[uint32]outcomes{anna: {98, 2}},
			map[uint32]outcomes{anna: {98, 2}, liar: {10_000, 0}},
			false,
		},
		{
			"failures alone", onlyFailures,
			map[uint32]outcomes{liar: {0, 50}},
			map[uint32]outcomes{anna: {50, 0}},
			true,
		},
		{
			"failures, and another one sees it fine", onlyFailures,
			map[uint32]outcomes{liar: {0, 1000}, anna: {1, 5}},
			map[uint32]outcomes{anna: {50, 0}},
			false,
		},
		{
			"failures of both", onlyFailures,
			map[uint32]outcomes{anna: {0, 100}, ben: {1, 9}},
			map[uint32]outcomes{anna: {50, 0}},
			true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGroup(t, 10, test.rules)
			for uid, r := range test.first {
				g.mixed("b0", uid, r.ok, r.failed)
			}
			for i := 1; i < 10; i++ {
				for uid, r := range test.rest {
					g.mixed(address(i), uid, r.ok, r.failed)
				}
			}
			g.sweep()
			if test.ejected {
				g.wantEjected("b0")
				return
			}
			g.wantEjected()
			if g.Stats().Contested != 1 {
				t.Errorf("contested %d times, want once", g.Stats().Contested)
			}
		})
	}
}

// TestRatesOfTwoAreNotContradicted, whoever was the last to report a failure.
func TestRatesOfTwoAreNotContradicted(t *testing.T) {
	g := newGroup(t, 1, func(s *Settings) {
		onlyFailures(s)
		s.FailurePercentage.MinimumHosts = 1
	})
	g.mixed("b0", ben, 5, 50)
	g.mixed("b0", anna, 5, 50)
	g.fail("b0", anna, 1)
	g.sweep()
	g.wantEjected("b0")
	g.ok("b0", ben, 1)
	g.wantEjected("b0")
}

// TestUIDsBeyondTheLast can praise and not accuse, until there is a place for them.
func TestUIDsBeyondTheLast(t *testing.T) {
	g := newGroup(t, 10, nil)
	for uid := range uint32(MaxUIDs) {
		g.ok("b9", uid, 1)
	}
	g.fail("b0", 100, 50)
	g.wantEjected()
	g.ok("b0", 100, 1)
	g.fail("b0", anna, 50)
	g.wantEjected() // 100 contradicts
	g.sweep()
	g.sweep()
	g.fail("b0", anna, 1)
	g.wantEjected("b0")
	if c := g.ok("b0", 101, 1); c.Cause != Contradicted {
		t.Errorf("%+v", c)
	}
	g.fail("b1", 100, 5) // the silent have made room
	g.wantEjected("b1")
}

// TestAPlaceIsHandedOverClean: who gets the place of another is not blamed for what that one said.
func TestAPlaceIsHandedOverClean(t *testing.T) {
	g := newGroup(t, 10, nil)
	for uid := range uint32(MaxUIDs) {
		g.fail("b0", uid%2, 2) // in turn, and only the first two fail
		g.ok("b9", uid, 1)
		g.ok("b0", uid, 1)
	}
	g.fail("b0", 0, 4)
	g.sweep()
	g.sweep()
	g.fail("b0", 100, 1) // takes the place of 0, whose four failures go with it
	g.wantEjected()
	g.fail("b0", 100, 4)
	g.wantEjected("b0")
}
