package health

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
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

// blockingSink holds one delivery until the test lets it go.
type blockingSink struct{ entered, leave chan struct{} }

func (s *blockingSink) Checked(Result) {
	s.entered <- struct{}{}
	<-s.leave
}

// Override returns only when no older result can reach the sink any more.
func TestOverrideWaitsForADelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &blockingSink{make(chan struct{}), make(chan struct{})}
		c := New(Options{Sink: sink})
		c.attempt = func(context.Context, string, Check) error { return nil }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		c.SetTargets("web", targets(Check{Type: TypeTCP, Interval: time.Hour}, "a:1"))
		<-sink.entered
		overridden := make(chan struct{})
		go func() { c.Override("web", "a:1", false); close(overridden) }()
		synctest.Wait()
		select {
		case <-overridden:
			t.Error("Override returned while an older result was on its way")
		default:
		}
		sink.leave <- struct{}{}
		<-overridden
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
