package outlier

import (
	"testing"

	"pgregory.net/rapid"
)

// small makes all rules bite with few outcomes.
func small(s *Settings) {
	s.ConsecutiveFailures = 3
	s.SuccessRate.RequestVolume, s.SuccessRate.MinimumHosts = 5, 3
	s.FailurePercentage = FailurePercentage{Enabled: true, MinimumHosts: 1, RequestVolume: 5, Threshold: 60}
}

// TestNeverMoreThanTheCap: an ejection leaves at most one more than the percentage out, whatever
// happens; who returns, does so at its time; and what is told adds up to what is.
func TestNeverMoreThanTheCap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		members := rapid.IntRange(1, 30).Draw(rt, "members")
		percent := rapid.IntRange(0, 100).Draw(rt, "percent")
		g := newGroup(t, members, func(s *Settings) {
			small(s)
			s.MaxEjectionPercent = percent
			s.ActiveUnejects = true
		})
		told := make(map[string]bool)
		note := func(c Change) {
			if told[c.Address] == c.Ejected {
				rt.Fatalf("%+v changes nothing", c)
			}
			told[c.Address] = c.Ejected
			out := 0
			for _, ejected := range told {
				if ejected {
					out++
				}
			}
			if c.Ejected && 100*(out-1) >= percent*members {
				rt.Fatalf("%d of %d are out, and the cap is %d%%", out, members, percent)
			}
		}
		member := rapid.IntRange(0, members-1)
		rt.Repeat(map[string]func(*rapid.T){
			"report": func(rt *rapid.T) {
				address, uid := address(member.Draw(rt, "member")), rapid.Uint32Range(0, 20).Draw(rt, "uid")
				success := rapid.IntRange(0, 3).Draw(rt, "success") == 0
				for range rapid.IntRange(1, 10).Draw(rt, "times") {
					if c, changed := g.Record(address, uid, success, g.now); changed {
						note(c)
					}
				}
			},
			"check": func(rt *rapid.T) {
				if c, changed := g.ActiveOK(address(member.Draw(rt, "member"))); changed {
					note(c)
				}
			},
			"sweep": func(rt *rapid.T) {
				// Those who return come first, so each ejection can be held to the cap by itself.
				for _, c := range g.sweep() {
					note(c)
				}
			},
			"": func(rt *rapid.T) {
				for i := range members {
					c := g.Standing(address(i))
					if c.Ejected != told[c.Address] {
						rt.Fatalf("%+v, and told was %v", c, told[c.Address])
					}
					if c.Ejected && g.now.Sub(c.Until) > 0 {
						rt.Fatalf("%+v is out at %v", c, g.now)
					}
				}
				g.ejectedNow()
			},
		})
	})
}

// TestALiarTakesNothingFromOthers: a uid that says what it likes of any backend, while another one
// reports in each interval that the first backend is fine. As soon as both have spoken in an interval,
// that backend is in service, and it stays so.
func TestALiarTakesNothingFromOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		members := rapid.IntRange(1, 8).Draw(rt, "members")
		g := newGroup(t, members, func(s *Settings) {
			small(s)
			s.MaxEjectionPercent = 100
		})
		strangers := rapid.SampledFrom([]uint32{0, MaxUIDs}).Draw(rt, "strangers")
		for uid := range strangers {
			g.ok(address(members-1), 1000+uid, 1) // they take all places for a while
		}
		intervals := rapid.IntRange(1, 6).Draw(rt, "intervals")
		for range intervals {
			spoken := false
			for range rapid.IntRange(1, 8).Draw(rt, "turns") {
				lie := rapid.Bool().Draw(rt, "praise")
				g.report(address(rapid.IntRange(0, members-1).Draw(rt, "of")), liar, lie, rapid.IntRange(0, 30).Draw(rt, "lies"))
				if rapid.Bool().Draw(rt, "truth") {
					g.ok("b0", anna, rapid.IntRange(1, 3).Draw(rt, "times"))
					spoken = true
				}
				if spoken {
					checkInService(rt, g)
				}
			}
			g.ok("b0", anna, 1)
			checkInService(rt, g)
			g.sweep()
			checkInService(rt, g)
		}
		g.fail("b0", liar, 100) // first to speak in an interval
		checkInService(rt, g)
	})
}

func checkInService(rt *rapid.T, g *group) {
	if c := g.Standing("b0"); c.Ejected {
		rt.Fatalf("%+v", c)
	}
}
