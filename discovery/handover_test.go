package discovery_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/remora-agent/remora/discovery"
)

// TestDeliveredBeforeThePublisherGoesOn publishes on a single CPU, where nobody else can deliver while the
// publisher works. The scheduler may let the publisher go on first now and then.
func TestDeliveredBeforeThePublisherGoesOn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		const changes, most = 200, 180
		r, p := newRig(t), newScript()
		r.configure(discovery.Plan{
			Providers: []discovery.ProviderPlan{{Name: "main", Provider: p}},
			Services:  []discovery.ServicePlan{explicit("web", "main")},
		})
		inTime := 0
		for i := range changes {
			synctest.Wait()
			address := fmt.Sprintf("10.0.0.1:%d", 1+i)
			p.say("web", address)
			if u, ok := r.got.get("web"); ok && u.Endpoints[0].Address == address {
				inTime++
			}
		}
		if inTime < most {
			t.Errorf("%d of %d changes were delivered before the publisher went on, want %d at least", inTime, changes, most)
		}
	})
}
