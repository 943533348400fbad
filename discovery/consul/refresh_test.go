package consul

import (
	"fmt"
	"testing"
	"time"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/internal/testbed"
)

// TestRefreshHealsAStalledWatch stalls the connection that the query waits on. Without a refresh, it would
// wait for ten minutes.
func TestRefreshHealsAStalledWatch(t *testing.T) {
	t.Parallel()
	world := testbed.ConsulScenario{Proxied: true}.Start(t)
	w := startProvider(t, Config{Address: world.Endpoints[0], Wait: 10 * time.Minute})
	world.Watcher = w
	query := discovery.Query{Service: "web", Name: "web"}
	w.Refresh(query) // nobody watches it
	first := world.Register("web", 1)
	world.Expect("web", first)
	for n := 2; n < 5; n++ { // as often as it takes
		world.Proxy.Freeze()
		next := world.Register("web", n)
		world.Deregister("web", n-1)
		w.Refresh(discovery.Query{Service: "web", Name: "other"})
		w.Refresh(query)
		world.Expect("web", next)
	}
	world.Expect("web", world.Address("web", 4))
}

// TestRefreshesCostNoPatience asks again and again about what has not changed, and then changes it: a pause
// that answers without news bring must not delay the watch.
func TestRefreshesCostNoPatience(t *testing.T) {
	t.Parallel()
	world := testbed.ConsulScenario{}.Start(t)
	w := startProvider(t, Config{Address: world.Endpoints[0], Pause: 10 * time.Minute})
	world.Watcher = w
	first := world.Register("web", 1)
	world.Expect("web", first)
	sink := w.sink("web")
	for n := range 10 {
		sink.mu.Lock()
		before := sink.published
		sink.mu.Unlock()
		w.Refresh(discovery.Query{Service: "web", Name: "web"})
		sink.await(t, fmt.Sprintf("answer %d to a refresh", n), func() bool { return sink.published > before })
	}
	world.Expect("web", first, world.Register("web", 2))
}
