package outlier

import (
	"fmt"
	"testing"
	"time"
)

// TestCap: gRPC's rule stops once ejected/members has reached the percentage, so one may always go.
func TestCap(t *testing.T) {
	for members := 1; members <= 30; members++ {
		want := (members + 9) / 10 // 10%, rounded up
		g := newGroup(t, members, nil)
		for i := range members {
			g.fail(address(i), 1, 5)
		}
		if got := len(g.ejectedNow()); got != want {
			t.Errorf("%d of %d are ejected, want %d", got, members, want)
		}
	}
	for _, test := range []struct{ percent, members, want int }{
		{0, 10, 0}, {1, 3, 1}, {10, 10, 1}, {11, 10, 2}, {33, 3, 1}, {34, 3, 2}, {50, 3, 2}, {99, 3, 3}, {100, 7, 7},
	} {
		g := newGroup(t, test.members, func(s *Settings) { s.MaxEjectionPercent = test.percent })
		for i := range test.members {
			g.fail(address(i), 1, 5)
		}
		if got := len(g.ejectedNow()); got != test.want {
			t.Errorf("%d%%: %d of %d are ejected, want %d", test.percent, got, test.members, test.want)
		}
	}
}

// TestEjectionsEndAtTheFirstSweepFromThenOn also when that is at the very moment.
func TestEjectionsEndAtTheFirstSweepFromThenOn(t *testing.T) {
	tests := []struct {
		after time.Duration // of the ejection
		out   bool
	}{{0, true}, {30*time.Second - 1, true}, {30 * time.Second, false}, {34 * time.Second, false}}
	for _, test := range tests {
		g := newGroup(t, 1, nil)
		g.fail("b0", 1, 5)
		changes := g.Sweep(g.now.Add(test.after))
		if test.out {
			g.wantEjected("b0")
			continue
		}
		g.wantEjected()
		if len(changes) != 1 || changes[0] != g.Standing("b0") || changes[0].Cause != TimeUp || changes[0].Reason == "" {
			t.Errorf("changes are %+v", changes)
		}
	}
}

// TestTheMultiplierGrows up to the longest ejection and no further.
func TestTheMultiplierGrows(t *testing.T) {
	tests := []struct {
		base, most int
		want       []int // seconds
		highest    int
	}{
		{30, 300, []int{30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300}, 10},
		{70, 300, []int{70, 140, 210, 280, 300, 300, 300}, 5},
		{30, 30, []int{30, 30, 30}, 1},
	}
	for _, test := range tests {
		g := newGroup(t, 1, func(s *Settings) {
			s.BaseEjectionTime = time.Duration(test.base) * time.Second
			s.MaxEjectionTime = time.Duration(test.most) * time.Second
		})
		var got []int
		for range test.want {
			c := g.fail("b0", 1, 5)
			got = append(got, int(c.Until.Sub(c.Since).Seconds()))
			g.now = c.Until
			g.Sweep(g.now)
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) || g.backends["b0"].multiplier != test.highest {
			t.Errorf("base %d, at most %d: ejected for %v, multiplier %d; want %v and %d",
				test.base, test.most, got, g.backends["b0"].multiplier, test.want, test.highest)
		}
	}
}

// TestTheMultiplierDecays by one for each interval that the backend was in service from end to end.
func TestTheMultiplierDecays(t *testing.T) {
	tests := []struct {
		name string
		then func(*group)
		want int
	}{
		{"at the return itself", func(*group) {}, 3},
		{"a clean interval", func(g *group) { g.sweep() }, 2},
		{"two", func(g *group) { g.sweep(); g.sweep() }, 1},
		{"not below nothing", func(g *group) {
			for range 9 {
				g.sweep()
			}
		}, 0},
		{"failures that eject nothing are clean", func(g *group) { g.fail("b0", 1, 4); g.sweep() }, 2},
		{"out again, and in", func(g *group) {
			g.fail("b0", 1, 5)
			g.sweep()
			g.ActiveOK("b0")
			g.sweep() // it was out for a part of this one
		}, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGroup(t, 1, func(s *Settings) { s.ActiveUnejects = true })
			for range 3 {
				g.now = g.fail("b0", 1, 5).Until
				g.Sweep(g.now)
			}
			test.then(g)
			if got := g.backends["b0"].multiplier; got != test.want {
				t.Errorf("multiplier is %d, want %d", got, test.want)
			}
		})
	}
}

func TestActiveCheckUnejects(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		g := newGroup(t, 1, func(s *Settings) { s.ActiveUnejects = allowed })
		if _, changed := g.ActiveOK("b0"); changed {
			t.Error("one in service returned")
		}
		g.fail("b0", 1, 5)
		c, changed := g.ActiveOK("b0")
		if changed != allowed || allowed && (c.Ejected || c.Cause != ActiveCheck) {
			t.Errorf("allowed %v: %+v, %v", allowed, c, changed)
		}
		if g.Standing("b0").Ejected == allowed {
			t.Errorf("allowed %v: %+v", allowed, g.Standing("b0"))
		}
	}
}

func TestMembersComeAndGo(t *testing.T) {
	g := newGroup(t, 2, func(s *Settings) { s.MaxEjectionPercent = 100 })
	g.fail("b0", 1, 5)
	g.fail("b1", 1, 4)
	g.SetMembers([]string{"b1", "b2", "b0", "b1"})
	g.wantEjected("b0") // who stays, stays as it is
	g.fail("b1", 1, 1)
	g.wantEjected("b0", "b1")

	g.SetMembers([]string{"b1"})
	g.wantEjected("b1")
	g.SetMembers([]string{"b0", "b1"}) // who left, starts anew
	g.wantEjected("b1")
	g.fail("b0", 1, 4)
	g.wantEjected("b1")
	if c := g.fail("b0", 1, 1); c.Until.Sub(c.Since) != 30*time.Second {
		t.Errorf("%+v", c)
	}
}

// TestOthersReturnBeforeNewOnesGo: a return makes room under the cap within one sweep.
func TestOthersReturnBeforeNewOnesGo(t *testing.T) {
	g := newGroup(t, 10, func(s *Settings) {
		s.FailurePercentage = FailurePercentage{Enabled: true, MinimumHosts: 1, RequestVolume: 50, Threshold: 85}
	})
	g.fail("b0", 1, 5)
	g.sweep()
	g.sweep()
	g.mixed("b1", 1, 5, 95)
	g.sweep()
	g.wantEjected("b1")
}

func TestSettingsChange(t *testing.T) {
	g := newGroup(t, 10, nil)
	g.fail("b0", 1, 5)
	s := Defaults()
	s.BaseEjectionTime, s.ConsecutiveFailures, s.MaxEjectionPercent = time.Second, 2, 20
	g.SetSettings(s)
	g.sweep()
	g.wantEjected("b0") // until the time that it was given
	if c := g.fail("b1", 1, 2); c.Until.Sub(c.Since) != time.Second {
		t.Errorf("%+v", c)
	}
	g.wantEjected("b0", "b1")
}
