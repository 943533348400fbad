package feedback

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/remora-agent/remora/balancer/outlier"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// verdicts is an ejector that remembers what it was told last of each backend, and when. As in the
// balancer, nothing is known of backends that are new, and nothing is taken of those that are gone.
type verdicts struct {
	started time.Time

	mu     sync.Mutex
	gone   map[string]bool
	last   map[string]outlier.Change
	log    []string // such as "4s: web/a out"
	before func()   // called once, before the next verdict is taken
}

func (v *verdicts) SetPassive(service string, c outlier.Change) {
	if hook := v.hook(); hook != nil {
		hook()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gone[service+"/"+c.Address] {
		return
	}
	v.last[service+"/"+c.Address] = c
	state := "in"
	if c.Ejected {
		state = "out"
	}
	v.log = append(v.log, fmt.Sprintf("%v: %s/%s %s", time.Since(v.started), service, c.Address, state))
}

func (v *verdicts) hook() func() {
	v.mu.Lock()
	defer v.mu.Unlock()
	hook := v.before
	v.before = nil
	return hook
}

// remove takes a backend out, and put brings a fresh one.
func (v *verdicts) remove(service, address string) { v.set(service, address, true) }
func (v *verdicts) put(service, address string)    { v.set(service, address, false) }

func (v *verdicts) set(service, address string, gone bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gone[service+"/"+address] = gone
	delete(v.last, service+"/"+address)
}

func (v *verdicts) out(service, address string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last[service+"/"+address].Ejected
}

func (v *verdicts) want(t *testing.T, want ...string) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if fmt.Sprint(v.log) != fmt.Sprint(want) {
		t.Errorf("verdicts were %q, want %q", v.log, want)
	}
	v.log = nil
}

// newFeedback has a service "web" with backends a and b and the default settings.
func newFeedback(o Options) (*Feedback, *verdicts) {
	v := &verdicts{started: time.Now(), last: make(map[string]outlier.Change), gone: make(map[string]bool)}
	o.Ejector, o.Logger = v, hclog.NewNullLogger()
	f := New(o)
	f.SetService("web", []string{"a", "b"}, settings(nil))
	return f, v
}

func settings(change func(*outlier.Settings)) *outlier.Settings {
	s := outlier.Defaults()
	if change != nil {
		change(&s)
	}
	return &s
}

// run runs f until the returned function is called, which waits for it.
func run(t *testing.T, f *Feedback) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

func outcome(service, address string, uid uint32, success bool) Outcome {
	return Outcome{Service: service, Address: address, UID: uid, Success: &success, Latency: time.Millisecond}
}

func report(f *Feedback, service, address string, uid uint32, success bool, times int) (admitted int) {
	for range times {
		if f.Record(outcome(service, address, uid, success)) {
			admitted++
		}
	}
	return admitted
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestEjectAndReturn: out when Record returns, and in again with the first sweep after 30 seconds.
func TestEjectAndReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, v := newFeedback(Options{})
		defer run(t, f)()
		pass(4 * time.Second)
		report(f, "web", "a", 1, false, 4)
		v.want(t)
		report(f, "web", "a", 1, false, 1)
		v.want(t, "4s: web/a out")
		if c := f.Standing("web", "a"); c.Reason != "5 consecutive failures" || c.Until.Sub(c.Since) != 30*time.Second {
			t.Errorf("standing is %+v", c)
		}
		pass(35 * time.Second)
		v.want(t)
		pass(time.Second)
		v.want(t, "40s: web/a in")
	})
}

func TestSweepsEjectByRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, v := newFeedback(Options{})
		f.SetService("web", []string{"a", "b"}, settings(func(s *outlier.Settings) {
			s.ConsecutiveFailures = 0
			s.FailurePercentage.Enabled = true
			s.FailurePercentage.MinimumHosts = 1
		}))
		defer run(t, f)()
		report(f, "web", "a", 1, false, 85)
		report(f, "web", "a", 1, true, 15)
		report(f, "web", "b", 1, false, 84)
		report(f, "web", "b", 1, true, 16)
		v.want(t)
		pass(time.Minute)
		v.want(t, "10s: web/a out", "40s: web/a in")
	})
}

func TestSweepsFollowTheirIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, v := newFeedback(Options{})
		defer run(t, f)()
		pass(1500 * time.Millisecond)
		f.SetService("fast", []string{"a"}, settings(func(s *outlier.Settings) {
			s.Interval = time.Second
			s.BaseEjectionTime = 2 * time.Second
		}))
		report(f, "fast", "a", 1, false, 5)
		report(f, "web", "a", 1, false, 5)
		pass(time.Minute)
		v.want(t, "1.5s: fast/a out", "1.5s: web/a out", "4s: fast/a in", "40s: web/a in")

		f.SetService("web", []string{"a", "b"}, settings(func(s *outlier.Settings) {
			s.Interval = time.Second
			s.BaseEjectionTime = 2 * time.Second
		}))
		report(f, "web", "b", 1, false, 5)
		pass(time.Minute)
		v.want(t, "1m1.5s: web/b out", "1m4s: web/b in")
	})
}

func TestNextSweep(t *testing.T) {
	tests := []struct{ after, interval, want time.Duration }{
		{0, 10, 10}, {1, 10, 10}, {9, 10, 10}, {10, 10, 20}, {95, 10, 100}, {7, 1, 8},
	}
	for _, test := range tests {
		if got := nextSweep(test.after, test.interval); got != test.want {
			t.Errorf("nextSweep(%d, %d) = %d, want %d", test.after, test.interval, got, test.want)
		}
	}
}

func TestActiveChecks(t *testing.T) {
	f, v := newFeedback(Options{})
	f.SetService("web", []string{"a", "b"}, settings(func(s *outlier.Settings) { s.ActiveUnejects = true }))
	report(f, "web", "a", 1, false, 5)
	f.OnActive("web", "a", false)
	f.OnActive("web", "b", true)
	f.OnActive("nobody", "a", true)
	if !v.out("web", "a") {
		t.Fatal("it returned without a successful check of its own")
	}
	f.OnActive("web", "a", true)
	if v.out("web", "a") {
		t.Error("a successful check did not bring it back")
	}
}

func TestOneUIDAlone(t *testing.T) {
	f, v := newFeedback(Options{})
	report(f, "web", "a", 1, true, 1)
	report(f, "web", "a", 666, false, 1000)
	if v.out("web", "a") {
		t.Error("one uid took a backend from another")
	}
}

func TestSwitchedOff(t *testing.T) {
	f, v := newFeedback(Options{})
	report(f, "web", "a", 1, false, 5)
	f.SetService("web", []string{"a", "b"}, nil)
	if v.out("web", "a") {
		t.Error("it is still out")
	}
	report(f, "web", "a", 1, false, 50)
	if v.out("web", "a") || f.Stats()[0].Outliers != nil {
		t.Error("outliers are still looked for")
	}
	f.SetService("web", []string{"a", "b"}, settings(nil))
	report(f, "web", "a", 1, false, 4)
	if v.out("web", "a") {
		t.Error("what came meanwhile counts")
	}
}

// TestOvertaken: while a verdict is on its way, the backend leaves and a fresh one comes to its
// address, in one of the ways in which that happens.
func TestOvertaken(t *testing.T) {
	tests := []struct {
		name      string
		meanwhile func(*Feedback)
	}{
		{"left and came back", func(f *Feedback) {
			f.SetService("web", []string{"b"}, settings(nil))
			f.SetService("web", []string{"a", "b"}, settings(nil))
		}},
		{"registered anew", func(f *Feedback) {
			f.Remove("web")
			f.SetService("web", []string{"a", "b"}, settings(nil))
		}},
		{"switched off", func(f *Feedback) { f.SetService("web", []string{"a", "b"}, nil) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, v := newFeedback(Options{})
			v.before = func() { test.meanwhile(f) }
			report(f, "web", "a", 1, false, 5)
			if v.out("web", "a") {
				t.Error("the verdict on the one that left stays with the new one")
			}
		})
	}
}

func TestStats(t *testing.T) {
	f, _ := newFeedback(Options{Limits: Limits{PerSecond: 1, Burst: 9, UIDs: 1}})
	f.SetService("counted", nil, nil)
	report(f, "web", "a", 1, false, 5)
	report(f, "web", "b", 1, true, 3)
	f.Record(Outcome{Service: "counted", UID: 1, Latency: time.Second})
	f.Record(outcome("counted", "a", 1, true)) // past the limit
	if f.Record(Outcome{Service: "nobody", UID: 2}) {
		t.Error("an outcome of an unknown service was admitted")
	}
	got := f.Stats()
	if len(got) != 2 || got[0].Service != "counted" || got[1].Service != "web" {
		t.Fatalf("%+v", got)
	}
	outliers := got[1].Outliers
	got[1].Outliers = nil
	if want := (Stats{Service: "counted", Limited: 1, Timed: 1, Latency: time.Second}); got[0] != want {
		t.Errorf("%+v, want %+v", got[0], want)
	}
	if want := (Stats{Service: "web", Successes: 3, Failures: 5, Timed: 8, Latency: 8 * time.Millisecond}); got[1] != want {
		t.Errorf("%+v, want %+v", got[1], want)
	}
	if outliers == nil || outliers.Ejected != 1 || outliers.Ejections[outlier.ConsecutiveFailures] != 1 {
		t.Errorf("%+v", outliers)
	}
	f.Remove("web")
	if f.Record(outcome("web", "a", 2, true)) || len(f.Stats()) != 1 {
		t.Error("the service is still there")
	}
}

func TestStateOutlivesTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, _ := newFeedback(Options{})
		report(old, "web", "a", 1, false, 5)
		pass(time.Second)
		f, v := newFeedback(Options{})
		for service, state := range old.Export() {
			f.Import(service, state)
		}
		f.Import("nobody", outlier.State{})
		if !v.out("web", "a") || f.Standing("web", "a") != old.Standing("web", "a") {
			t.Errorf("standing is %+v, want %+v", f.Standing("web", "a"), old.Standing("web", "a"))
		}
	})
}
