package consul

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/internal/testbed"
)

func TestIdlePause(t *testing.T) {
	for _, test := range []struct {
		series     int64
		most, want time.Duration
	}{
		{0, 15 * time.Second, time.Second},
		{1, 15 * time.Second, time.Second},
		{2, 15 * time.Second, time.Second},
		{3, 15 * time.Second, 1500 * time.Millisecond},
		{10, 15 * time.Second, 5 * time.Second},
		{30, 15 * time.Second, 15 * time.Second},
		{10_000, 15 * time.Second, 15 * time.Second},
		{10, 300 * time.Millisecond, 300 * time.Millisecond},
	} {
		if got := idlePause(test.series, test.most); got != test.want {
			t.Errorf("%d series pause for %v, want %v", test.series, got, test.want)
		}
	}
}

// TestNewcomerInABusyCatalog has a service and its name appear in a catalog that changes all the time. The
// longest pause is so long that a wait for it would end the test.
func TestNewcomerInABusyCatalog(t *testing.T) {
	t.Parallel()
	c := testbed.StartConsul(t, testbed.ConsulConfig{})
	config := impatient(c.Servers[0].HTTP())
	config.Pause = 24 * time.Hour
	w := startProvider(t, config)
	w.Expect("web")
	names := make(chan []string, 1000)
	w.wait.Go(func() { _ = w.List(w.ctx, func(list []string) { names <- list }) })
	for i := 0; w.idle.Load() < 2 || i < 50; i++ { // until those who wait are woken for nothing
		putOne(t, c, 1, serviceName(0), 1+i)
	}
	putOne(t, c, 1, "web", 80)
	w.Expect("web", "10.0.0.1:80")
	timeout := time.After(guard)
	for {
		select {
		case list := <-names:
			if slices.Contains(list, "web") {
				return
			}
		case <-timeout:
			t.Fatal("waited too long for the name")
		}
	}
}

// TestIdleIsCounted follows the number of those that are woken for nothing.
func TestIdleIsCounted(t *testing.T) {
	p, err := New(Config{}, nil)
	must(t, err)
	a, b := p.newSeries(servers{}, api.QueryOptions{}), p.newSeries(servers{}, api.QueryOptions{})
	for i, step := range []struct {
		do   func()
		want int64
	}{
		{func() { a.wokenForNothing(0) }, 1},
		{func() { a.wokenForNothing(0) }, 1},
		{func() { b.wokenForNothing(0) }, 2},
		{a.eased, 2},
		{a.eased, 1},
		{a.eased, 1},
		{func() { a.wokenForNothing(time.Hour) }, 1},
		{b.end, 0},
		{b.end, 0},
		{a.end, 0},
	} {
		step.do()
		if got := p.idle.Load(); got != step.want {
			t.Errorf("step %d: %d are counted, want %d", i, got, step.want)
		}
	}
}
