package health

import (
	"testing"
	"testing/synctest"
)

func TestOverrideDiscardsProbesUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, hang)
		l.SetTargets("web", targets(everySecond, "a:1"))
		l.SetTargets("other", targets(everySecond, "a:1"))
		pass(500 * ms)
		l.Override("web", "a:1", true)
		l.Override("web", "nowhere:1", true)
		l.Override("nothing", "a:1", true)
		pass(500 * ms)
		if got := l.heard("web", "a:1"); got != "" {
			t.Errorf("heard %q from a probe that began before the mark, want nothing", got)
		}
		if last, ok := l.Last("web", "a:1"); !ok || last.Error != "tcp: no answer within 1s" {
			t.Errorf("last result is %+v, want what the probe saw", last)
		}
		pass(2 * sec)
		if got := l.heard("web", "a:1"); got != "failed" {
			t.Errorf("heard %q from a probe that began after the mark, want failed", got)
		}
	})
}

func TestOverrideConcernsOneServiceOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, hang)
		l.SetTargets("web", targets(everySecond, "a:1"))
		l.SetTargets("other", targets(everySecond, "a:1"))
		pass(500 * ms)
		l.Override("web", "a:1", true)
		pass(500 * ms)
		if got := l.heard("other", "a:1"); got != "failed" {
			t.Errorf("the other service heard %q, want failed", got)
		}
	})
}

func TestOverrideSetsTheStreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, fine)
		list := targets(everySecond, "a:1")
		list[0].Healthy, list[0].Unhealthy = 3, 2
		l.SetTargets("web", list)
		synctest.Wait()
		l.heard("web", "a:1")
		l.Override("web", "a:1", false)
		pass(3500 * ms)
		if got := l.heard("web", "a:1"); got != "failed failed ok" && got != "failed failed ok ok" {
			t.Errorf("marked down, heard %q, want three successes to bring it up", got)
		}
	})
}
