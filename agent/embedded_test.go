package agent

import (
	"bufio"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client/wire"
)

// teller is a connection that feedback comes over, as a balancer inside an application has one.
type teller struct {
	*running
	conn net.Conn
	r    *bufio.Reader
}

func (r *running) teller() *teller {
	r.t.Helper()
	conn, err := net.Dial("unix", r.socket)
	r.check(err)
	r.t.Cleanup(func() { _ = conn.Close() })
	return &teller{r, conn, bufio.NewReader(conn)}
}

// tell sends feedback on one backend and returns the load of its service.
func (c *teller) tell(service string, f wire.BackendFeedback) map[string]int {
	c.t.Helper()
	body, err := json.Marshal(wire.Feedback{Services: []wire.ServiceFeedback{
		{Service: service, Backends: []wire.BackendFeedback{f}},
	}})
	c.check(err)
	req, err := http.NewRequest(http.MethodPost, "http://remora/v1/feedback", strings.NewReader(string(body)))
	c.check(err)
	c.check(req.Write(c.conn))
	resp, err := http.ReadResponse(c.r, req)
	c.check(err)
	defer resp.Body.Close()
	var answer wire.FeedbackAnswer
	c.check(json.NewDecoder(resp.Body).Decode(&answer))
	if resp.StatusCode != http.StatusOK {
		c.t.Fatalf("feedback: status %d", resp.StatusCode)
	}
	for _, s := range answer.Services {
		if s.Service == service {
			return s.Active
		}
	}
	return nil
}

// activeAt is the connections that the agent counts at a backend.
func (r *running) activeAt(service, address string) int64 {
	r.t.Helper()
	group, err := r.Group(r.ctx(), service)
	r.check(err)
	return backend(group, address).ActiveConnections
}

func TestFeedbackIsBoundToItsConnection(t *testing.T) {
	r := start(t, twoServices)
	one, other := r.teller(), r.teller()
	const address = "10.0.1.1:5432"
	for _, step := range []struct {
		who    *teller
		active int
		want   int
	}{{one, 3, 3}, {one, 3, 3}, {other, 4, 7}, {one, 1, 5}, {other, 0, 1}, {other, 2, 3}} {
		if got := step.who.tell("db", wire.BackendFeedback{Address: address, Active: step.active}); got[address] != step.want {
			t.Errorf("after %d the load is %v, want %d", step.active, got, step.want)
		}
	}
	if info, err := r.Agent(r.ctx()); err != nil || info.Leases != 2 {
		t.Errorf("each connection counts as one lease: %d, %v", info.Leases, err)
	}
	r.check(one.conn.Close())
	for r.activeAt("db", address) != 2 { // the agent hears of it in a moment
		r.check(r.ctx().Err())
	}
	r.check(other.conn.Close())
	for r.activeAt("db", address) != 0 {
		r.check(r.ctx().Err())
	}
}

// TestFeedbackMovesToAFreshGroup registers a service anew while connections to it are in use.
func TestFeedbackMovesToAFreshGroup(t *testing.T) {
	r := start(t, "")
	registration := wire.Registration{Strategy: "least_connections", Backends: []wire.BackendSpec{{Address: "h:1"}}}
	r.check(r.Register(r.ctx(), "web", registration))
	c := r.teller()
	c.tell("web", wire.BackendFeedback{Address: "h:1", Active: 5})
	r.check(r.Register(r.ctx(), "web", registration))
	if got := c.tell("web", wire.BackendFeedback{Address: "h:1", Active: 4}); got["h:1"] != 4 {
		t.Errorf("the fresh backend has %v, want 4", got)
	}
	if got := c.tell("web", wire.BackendFeedback{Address: "h:9", Active: 4}); got["h:9"] != 0 {
		t.Errorf("a backend that is not there has load: %v", got)
	}
	r.check(r.Unregister(r.ctx(), "web"))
	if got := c.tell("web", wire.BackendFeedback{Address: "h:1", Active: 4, Outcomes: []int{1}}); got != nil {
		t.Errorf("a service that is gone has load: %v", got)
	}
}

func TestFeedbackCountsOutcomesInTheirOrder(t *testing.T) {
	r := start(t, twoServices)
	c := r.teller()
	failures := func() int64 {
		group, err := r.Group(r.ctx(), "web")
		r.check(err)
		return backend(group, "10.0.0.1:80").ReportedFailures
	}
	for _, step := range []struct {
		outcomes []int
		want     int64
	}{{[]int{3, -2}, 2}, {[]int{-1}, 3}, {[]int{-5, 1, -1}, 1}, {[]int{1}, 0}, {nil, 0}} {
		if load := c.tell("web", wire.BackendFeedback{Address: "10.0.0.1:80", Outcomes: step.outcomes}); load != nil {
			t.Errorf("round robin does not look at load, and is told %v", load)
		}
		if got := failures(); got != step.want {
			t.Errorf("after %v there are %d failures in a row, want %d", step.outcomes, got, step.want)
		}
	}
}

func TestSpreadLatencies(t *testing.T) {
	for name, test := range map[string]struct {
		sum     float64
		buckets []int
		want    []float64
	}{
		"none":         {0, nil, nil},
		"one":          {7, []int{0, 0, 0, 0, 0, 0, 1}, []float64{7}},
		"equal":        {6, []int{0, 0, 3}, []float64{2, 2, 2}},
		"different":    {0.45, []int{1, 1}, []float64{0.1, 0.35}},
		"without ends": {30_000, append(make([]int, len(wire.LatencyBoundsMS)), 2), []float64{15_000, 15_000}},
	} {
		t.Run(name, func(t *testing.T) {
			got := spreadLatencies(&wire.BackendFeedback{LatencyMS: test.sum, Latencies: test.buckets})
			near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
			if !slices.EqualFunc(got, test.want, near) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestWireSettings translates settings of which none is as it would be by default.
func TestWireSettings(t *testing.T) {
	settings := balancer.Settings{
		Strategy: balancer.PeakEWMA, PanicThreshold: 50,
		Locality:  balancer.Locality{Prefer: true, Zone: "a", Bias: 2},
		SlowStart: balancer.SlowStart{Window: 30_000_000_000, Aggression: 2, MinPercent: 5},
		Subset:    balancer.Subset{Size: 20, Seed: "host"},
		Hash:      balancer.Hash{MinRing: 1, MaxRing: 2, RandomFallback: true},
		EWMA:      balancer.EWMA{Decay: 1_500_000, FailurePenalty: 250_000_000},
	}
	want := wire.Settings{
		PanicThreshold: 50,
		Locality:       wire.Locality{Prefer: true, Zone: "a", Bias: 2},
		SlowStart:      wire.SlowStart{WindowMS: 30_000, Aggression: 2, MinPercent: 5},
		Subset:         wire.Subset{Size: 20, Seed: "host"},
		Hash:           wire.Hash{MinRing: 1, MaxRing: 2, RandomFallback: true},
		PeakEWMA:       wire.PeakEWMA{DecayMS: 1.5, FailurePenaltyMS: 250},
	}
	if got := wireSettings(settings); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := wireSettings(balancer.Settings{}); got != (wire.Settings{}) {
		t.Errorf("settings that are not set show as %+v", got)
	}
}
