package etcd

import (
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/internal/testbed"
)

// steady is a configuration that finds no stall by itself.
func steady(world *testbed.World, address string) Config {
	return Config{
		Endpoints: []string{"http://" + address}, Prefix: world.Prefix,
		ProgressEvery: time.Hour, StallAfter: 10 * time.Hour, RelistEvery: 10 * time.Hour,
	}
}

// TestRefreshHealsASilentWatch swallows the answers of the watch and of nothing else, again and again.
func TestRefreshHealsASilentWatch(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{}.Start(t)
	proxy := testbed.StartStreamProxy(t, world.Etcd.Members[0].Address())
	w := startProvider(t, steady(world, proxy.Address()))
	world.Watcher = w
	query := discovery.Query{Service: "shop/web", Name: "shop/web"}
	w.Refresh(query) // nobody watches it
	world.Expect("shop/web", world.Put("shop/web", 1))
	world.Put("shop/web/eu", 1) // another service, whose keys have the first one's for a prefix
	for n := 2; n < 4; n++ {
		proxy.Swallow("/Watch")
		next := world.Put("shop/web", n)
		world.Delete("shop/web", n-1)
		w.Refresh(query)
		world.Expect("shop/web", next)
	}
	world.Delete("shop/web", 3) // the watch that was opened works
	world.Expect("shop/web")
}

// TestRefreshOfWhatIsRightCostsOneRead has nothing to heal: each refresh is one read, and nothing is listed.
func TestRefreshOfWhatIsRightCostsOneRead(t *testing.T) {
	t.Parallel()
	world := testbed.Scenario{}.Start(t)
	member := world.Etcd.Members[0]
	w := startLogging(t, steady(world, member.Address()), func(line string) {
		if strings.Contains(line, "listing again") {
			t.Error(line)
		}
	})
	world.Watcher = w
	world.Expect("web", world.Put("web", 1))
	const ranges = "etcd_mvcc_range_total"
	before := member.Metric(t, ranges)
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for n := 1.0; n < 4; n++ {
		w.Refresh(discovery.Query{Service: "web", Name: "web"})
		for timeout := time.After(guard); member.Metric(t, ranges) < before+n; {
			select {
			case <-pace.C:
			case <-timeout:
				t.Fatalf("refresh %v reads nothing", n)
			}
		}
	}
	world.Expect("web", world.Address("web", 1), world.Put("web", 2))
	if now := member.Metric(t, ranges); now != before+3 {
		t.Errorf("three refreshes cost %v reads", now-before)
	}
}
