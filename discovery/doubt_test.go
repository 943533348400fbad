package discovery_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// asked is a script that counts what it is asked again about.
type asked struct {
	*script
	mu    sync.Mutex
	about []string
}

var _ discovery.Refresher = (*asked)(nil)

func (a *asked) Refresh(q discovery.Query) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.about = append(a.about, q.Name)
}

func (a *asked) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.about)
}

func TestDoubtAsksEverySourceThatCanBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, other, deaf, r := &asked{script: newScript()}, &asked{script: newScript()}, newScript(), newRig(t)
		plan := patient("web", discovery.ProviderPlan{Name: "one", Provider: one},
			discovery.ProviderPlan{Name: "other", Provider: other}, discovery.ProviderPlan{Name: "deaf", Provider: deaf})
		plan.Services[0].Sources[1].Query.Name = "front"
		r.configure(plan)
		r.Doubt("db") // not watched
		r.Doubt("web")
		if got := fmt.Sprint(one.about, other.about); got != "[web] [front]" {
			t.Errorf("asked about %s", got)
		}
		if n := r.provider("one").Rechecks; n != 1 {
			t.Errorf("counted %d rechecks", n)
		}
	})
}

func TestDoubtsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, r := &asked{script: newScript()}, newRig(t)
		plan := discovery.Plan{Providers: []discovery.ProviderPlan{{Name: "p", Provider: p}}}
		for i := range 30 {
			plan.Services = append(plan.Services, explicit(fmt.Sprint("s", i), "p"))
		}
		r.configure(plan)
		for range 100 {
			r.Doubt("s0")
		}
		if n := p.count(); n != 1 {
			t.Errorf("asked %d times about one service at once, want 1", n)
		}
		pass(9 * time.Second)
		r.Doubt("s0")
		if n := p.count(); n != 1 {
			t.Errorf("asked again after 9 s")
		}
		pass(time.Second)
		for i := range 30 {
			r.Doubt(fmt.Sprint("s", i))
		}
		if n := p.count(); n != 1+5 {
			t.Errorf("asked %d times about 30 services at once, want 5", n-1)
		}
		for range 10 {
			pass(time.Second)
			for i := range 30 {
				r.Doubt(fmt.Sprint("s", i))
			}
		}
		if n := p.count(); n != 1+5+10 {
			t.Errorf("asked %d times in ten seconds, want 10", n-6)
		}
		r.stop()
		r.Doubt("s29")
		if n := p.count(); n != 1+5+10 {
			t.Error("asked after the end")
		}
	})
}
