package health

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFirstProbeIsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, taking(30*ms))
		pass(time.Hour)
		if _, ok := l.Last("web", "a:1"); ok {
			t.Error("there is a last result of an unknown target")
		}
		l.SetTargets("web", targets(everySecond, "a:1"))
		set := l.now()
		pass(30 * ms)
		if got := l.starts("a:1"); len(got) != 1 || got[0] != set {
			t.Errorf("probes began at %v, want one at %v", got, set)
		}
		if got := l.heard("web", "a:1"); got != "ok" {
			t.Errorf("heard %q, want ok", got)
		}
		last, ok := l.Last("web", "a:1")
		if want := (Last{At: time.Now(), OK: true, Duration: 30 * ms}); !ok || last != want {
			t.Errorf("last result is %+v, want %+v", last, want)
		}
	})
}

func TestRoundsKeepTheirInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, taking(300*ms))
		l.SetTargets("web", targets(everySecond, "a:1"))
		pass(500 * sec)
		starts := l.starts("a:1")
		if n := len(starts); n < 490 || n > 510 {
			t.Errorf("%d probes in 500 s, want about 500", n)
		}
		different := map[time.Duration]bool{}
		for i := 2; i < len(starts); i++ { // the second comes after a random part of the interval
			gap := starts[i] - starts[i-1]
			different[gap] = true
			if gap < 900*ms-maxGrain || gap > 1100*ms+maxGrain {
				t.Fatalf("round %d came %v after the one before, want 1s ±10%%", i, gap)
			}
		}
		if len(different) < 3 {
			t.Errorf("gaps are %v, want them to vary", different)
		}
	})
}

func TestTargetsThatComeTogetherSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, fine)
		addresses := numbered("a", 2000)
		l.SetTargets("web", targets(Check{Type: TypeTCP, Interval: 10 * sec}, addresses...))
		pass(10 * sec)
		var seconds [10]int
		for _, address := range addresses {
			starts := l.starts(address)
			if len(starts) < 2 || starts[0] != 0 {
				t.Fatalf("probes of %s began at %v, want one at once and one within 10 s", address, starts)
			}
			seconds[min(starts[1]/sec, 9)]++
		}
		for i, n := range seconds {
			if n < 120 || n > 280 { // 200 ± 6 standard deviations
				t.Errorf("%d of 2000 second probes fall into second %d, want about 200: %v", n, i, seconds)
			}
		}
	})
}

func TestServicesShareAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, func(ctx context.Context, address string) error {
			<-time.After(ms) // so that both services are there when the first one ends
			return refused(ctx, address)
		})
		quick := targets(everySecond, "a:1")
		patient := targets(everySecond, "a:1")
		patient[0].Unhealthy = 3
		l.SetTargets("quick", quick)
		l.SetTargets("patient", patient)
		pass(2510 * ms)
		l.network(fine)
		if n := len(l.starts("a:1")); n != 3 && n != 4 {
			t.Fatalf("%d probes in 2.5 s, want 3 or 4", n)
		}
		if got := l.Stats(); got.Targets != 2 || got.Probes != 1 {
			t.Errorf("%d targets and %d probes, want 2 and 1", got.Targets, got.Probes)
		}
		results := l.results
		for i, r := range results {
			want := Failed
			if r.Service == "patient" && r.Failed < 3 {
				want = Unknown
			}
			if r.Verdict != want || r.OK || r.Failed != i/2+1 || r.Last.Error != "tcp: refused" {
				t.Errorf("result %d is %+v, want verdict %v", i, r, want)
			}
		}
		if len(results) != 2*len(l.starts("a:1")) {
			t.Errorf("%d results of %d probes, want one for each service", len(results), len(l.starts("a:1")))
		}
	})
}

func TestALateJoinerHearsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, refused)
		check := Check{Type: TypeTCP, Interval: time.Hour}
		l.SetTargets("first", targets(check, "a:1"))
		pass(30 * time.Minute)
		before := len(l.starts("a:1"))
		for i := range 100 {
			l.SetTargets(fmt.Sprint("joiner-", i), targets(check, "a:1"))
		}
		pass(6 * time.Minute)
		// One at once, and one a tenth of the interval later for those who came during the first.
		if n := len(l.starts("a:1")) - before; n != 1 && n != 2 {
			t.Errorf("%d more probes for a hundred joiners, want 1 or 2", n)
		}
		if got := l.heard("joiner-99", "a:1"); got != "failed" {
			t.Errorf("the last joiner heard %q, want failed", got)
		}
	})
}

func TestSetTargetsKeepsWhatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, refused)
		list := targets(everySecond, "a:1", "b:1", "c:1")
		for i := range list {
			list[i].Unhealthy = 3
		}
		l.SetTargets("web", list)
		pass(2810 * ms)
		before, began := l.heard("web", "a:1"), len(l.starts("a:1"))
		l.SetTargets("web", list[:2])
		pass(0)
		if got := len(l.starts("a:1")); got != began {
			t.Errorf("an unchanged target was probed again at once")
		}
		removed := len(l.starts("c:1"))
		changed := targets(Check{Type: TypeHTTP, Interval: time.Hour}, "b:1")[0]
		l.SetTargets("web", []Target{list[0], changed})
		if last, ok := l.Last("web", "b:1"); !ok || last.Error != "tcp: refused" {
			t.Errorf("the last result of a target whose check changed is %+v, want it kept", last)
		}
		pass(0)
		if got := l.heard("web", "b:1"); got != "failed" {
			t.Errorf("a changed check heard %q, want it probed at once and its streak kept", got)
		}
		pass(5 * sec)
		if len(l.starts("c:1")) != removed {
			t.Error("a removed target is still probed")
		}
		if got := l.heard("web", "a:1"); got == "" || got[:6] != "failed" {
			t.Errorf("an unchanged target heard %q after %q, want its streak kept", got, before)
		}
		l.Remove("web")
		if s := l.Stats(); s.Targets != 0 || s.Probes != 0 {
			t.Errorf("%+v after the service was removed, want no targets", s)
		}
	})
}

// A target that goes and comes back while its probe is in flight is not probed twice at a time.
func TestATargetThatReturnsJoinsItsProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, taking(500*ms))
		l.SetTargets("web", targets(everySecond, "a:1"))
		pass(100 * ms)
		l.Remove("web")
		pass(100 * ms)
		l.SetTargets("web", targets(everySecond, "a:1"))
		pass(300 * ms)
		if got := len(l.starts("a:1")); got != 1 || l.heard("web", "a:1") != "ok" {
			t.Errorf("%d probes began, want the first one to count", got)
		}
		l.Remove("web")
		pass(time.Minute)
		if got := l.Stats(); got.Probes != 0 || len(l.starts("a:1")) > 2 {
			t.Errorf("%+v, want nothing left", got)
		}
	})
}

func TestOddTargetLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 64, fine)
		list := targets(everySecond, "a:1", "b:1", "a:1", "c:1")
		list[1].Check.Type = TypeNone
		list[2].Check.Type = TypeHTTP // the second of its address
		list[3].Check.Type = TypeHTTP
		l.SetTargets("web", list)
		synctest.Wait()
		s := l.Stats()
		if s.Targets != 2 || s.Results[0] != (Count{TypeTCP, "ok", 1}) || s.Results[4] != (Count{TypeHTTP, "ok", 1}) {
			t.Errorf("%+v, want the first of each address and none of type none", s)
		}
	})
}

func TestLocalFailuresLeaveTheVerdict(t *testing.T) {
	local := map[string]func(context.Context, string) error{
		"no descriptors": func(context.Context, string) error { return fmt.Errorf("dial: %w", syscall.EMFILE) },
		"no ports":       func(context.Context, string) error { return fmt.Errorf("dial: %w", syscall.EADDRNOTAVAIL) },
		"suspended": func(context.Context, string) error {
			time.Sleep(time.Minute) // of the bubble's clock: an answer that comes long after the timeout
			return errors.New("reset")
		},
	}
	for name, network := range local {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, 64, fine)
				l.SetTargets("web", targets(everySecond, "a:1"))
				pass(2 * sec)
				l.heard("web", "a:1")
				l.network(network)
				pass(150 * sec)
				if got := l.heard("web", "a:1"); len(got) > len("ok ok") {
					t.Errorf("heard %q while this host could not probe, want nothing", got)
				}
				if got := l.Stats().Results[3]; got.Result != "local" || got.N < 2 {
					t.Errorf("counted %+v, want local failures", got)
				}
				l.network(fine)
				pass(62 * sec)
				if got := l.heard("web", "a:1"); got == "" {
					t.Error("heard nothing once this host could probe again")
				}
			})
		})
	}
}

func TestRunEndsWithItsProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 4, hang)
		l.SetTargets("web", targets(everySecond, numbered("a", 10)...))
		pass(500 * ms)
		if err := l.Run(t.Context()); err == nil {
			t.Error("a second Run at the same time is accepted")
		}
		l.stop()
		if s := l.Stats(); s.InFlight != 0 || len(l.results) != 0 {
			t.Errorf("%d in flight and %d results after the end, want none", s.InFlight, len(l.results))
		}
		if err := l.verify(); err != nil {
			t.Error(err)
		}
		l.network(fine)
		again, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- l.Run(again) }()
		synctest.Wait()
		if len(l.results) != 10 {
			t.Errorf("%d results once it runs again, want 10", len(l.results))
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
