package balancer

import (
	"math"
	"testing"
	"time"
)

func newEWMA(t testing.TB, weights ...int) (*LoadBalancer, *fakeClock) {
	t.Helper()
	clock := &fakeClock{time.Unix(0, 0)}
	lb := New(Clock(clock.read))
	must(t, lb.Register("s", weightedEndpoints(weights...), PeakEWMA))
	return lb, clock
}

func (c *fakeClock) pass(lb *LoadBalancer, d time.Duration) {
	c.now = c.now.Add(d)
	lb.Tick()
}

// cost is what the strategy makes of the backend at that address, in milliseconds.
func cost(lb *LoadBalancer, address string) float64 {
	v := lb.groups.get("s").view.Load()
	p := v.pools[0].picker.(*peakEWMA)
	return float64(v.members[v.find(address)].backend.cost.at(p.clock.now(), p.decay)) / 1000
}

func TestPeakEWMAFollowsFinagle(t *testing.T) {
	lb, clock := newEWMA(t, 1, 1)
	near := func(what string, want float64) {
		t.Helper()
		if got := cost(lb, "a"); math.Abs(got-want) > 0.02*want {
			t.Errorf("%s: the cost is %.2f ms, want %.2f", what, got, want)
		}
	}
	report := func(latency time.Duration) { must(t, lb.ReportOutcome("s", "a", true, latency)) }
	report(100 * time.Millisecond)
	near("the first sample", 100)
	report(300 * time.Millisecond)
	near("a slower sample jumps", 300)
	clock.pass(lb, 10*time.Second)
	near("idle for one decay time", 300/math.E)
	report(100 * time.Millisecond)
	near("a faster sample after one decay time", 300/math.E+100*(1-1/math.E))
	clock.pass(lb, 10*time.Minute)
	if got := cost(lb, "a"); got > 0.001 {
		t.Errorf("after a long time the cost is %v ms", got)
	}
}

func TestABusyBackendsCostFalls(t *testing.T) {
	lb, clock := newEWMA(t, 1, 1)
	must(t, lb.ReportOutcome("s", "a", true, 100*time.Millisecond))
	for range 10 * 20 { // a fast sample every 50 ms, for one decay time
		clock.pass(lb, 50*time.Millisecond)
		must(t, lb.ReportOutcome("s", "a", true, time.Millisecond))
	}
	if got, want := cost(lb, "a"), 1+99/math.E; math.Abs(got-want) > 0.02*want {
		t.Errorf("after one decay time of fast answers the cost is %.1f ms, want %.1f", got, want)
	}
}

func TestFailuresInARowAddUp(t *testing.T) {
	lb, _ := newEWMA(t, 1, 1)
	for i, want := range []float64{1000, 2000, 3000, 3000} {
		must(t, lb.ReportOutcome("s", "a", false, time.Millisecond))
		if got := cost(lb, "a"); math.Abs(got-want) > 1 {
			t.Errorf("after %d failures in a row the cost is %.0f ms, want %.0f", i+1, got, want)
		}
	}
}

func TestPeakEWMAAvoidsTheSlow(t *testing.T) {
	lb, _ := newEWMA(t, 1, 1)
	must(t, lb.ReportOutcome("s", "a", true, 500*time.Millisecond))
	must(t, lb.ReportOutcome("s", "b", true, 50*time.Millisecond))
	if got := tally(t, lb, 100); got["b"] != 100 {
		t.Errorf("with a ten times slower the picks are %v", got)
	}
	for range 12 {
		acquire(t, lb, "b")
	}
	if got := tally(t, lb, 100); got["a"] != 100 {
		t.Errorf("with twelve requests on the faster one the picks are %v", got)
	}
}

func TestPeakEWMADoesNotFloodTheUnmeasured(t *testing.T) {
	lb, _ := newEWMA(t, 1, 1)
	must(t, lb.ReportOutcome("s", "b", true, time.Second))
	if got := tally(t, lb, 100); got["a"] != 100 {
		t.Errorf("an idle backend without a measurement is not tried: %v", got)
	}
	acquire(t, lb, "a")
	if got := tally(t, lb, 100); got["b"] != 100 {
		t.Errorf("one that has not answered yet is flooded: %v", got)
	}
}

func TestAFastFailureIsNoBargain(t *testing.T) {
	lb, _ := newEWMA(t, 1, 1)
	for range 10 {
		must(t, lb.ReportOutcome("s", "a", false, time.Millisecond))
		must(t, lb.ReportOutcome("s", "b", true, 100*time.Millisecond))
	}
	if got := tally(t, lb, 100); got["b"] != 100 {
		t.Errorf("one that fails fast attracts: %v", got)
	}
}
