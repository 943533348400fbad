package discovery_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/remora-agent/remora/discovery"
)

// slow is a provider inside the process whose first Attach takes its time.
type slow struct {
	discovery.Provider
	gate chan struct{}
}

func (s *slow) Attach(discovery.Query, discovery.Sink) func() {
	<-s.gate
	return func() {}
}

// diary notes in which order a provider is started and asked to watch.
type diary struct {
	*script
	mu      sync.Mutex
	entries []string
}

func (d *diary) note(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.entries)
}

func (d *diary) Run(ctx context.Context) error {
	d.note("run")
	<-ctx.Done()
	return ctx.Err()
}

func (d *diary) Watch(ctx context.Context, q discovery.Query, sink discovery.Sink) error {
	d.note("watch")
	return d.script.Watch(ctx, q, sink)
}

// A service that is asked for while a plan is still being put into force is not watched before its
// provider was started.
func TestStartsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s, d, r := &slow{newScript(), gate}, &diary{script: newScript()}, newRig(t)
		synctest.Wait()
		plan := func(providers ...discovery.ProviderPlan) discovery.Plan {
			return discovery.Plan{
				Providers: append([]discovery.ProviderPlan{{Name: "slow", Provider: s}}, providers...),
				Services:  []discovery.ServicePlan{explicit("web", "slow")},
			}
		}
		configured := make(chan struct{})
		go func() {
			defer close(configured)
			if err := r.Configure(plan()); err != nil { // stays in Attach
				t.Error(err)
			}
		}()
		synctest.Wait()
		if err := r.Configure(plan(discovery.ProviderPlan{Name: "p", Provider: d, Services: []string{"*"}})); err != nil {
			t.Fatal(err)
		}
		r.answers("db", discovery.Pending)
		synctest.Wait()
		if got := d.read(); len(got) > 0 {
			t.Errorf("%v came before what was to be done first", got)
		}
		close(gate)
		<-configured
		synctest.Wait()
		if got := d.read(); len(got) != 2 || !slices.Contains(got, "run") {
			t.Errorf("there were %v, want one run and one watch", got)
		}
	})
}
