package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/remora-agent/remora/balancer"
)

// TestAgenda: events come out by time, those of the same moment in the order in which they went in,
// whatever comes in between.
func TestAgenda(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a agenda
		var model []event
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "add") {
				at := time.Duration(rapid.IntRange(0, 5).Draw(t, "at"))
				model = append(model, event{at: at, order: a.added})
				a.add(at, nil, nil)
				continue
			}
			got, ok := a.next()
			if ok != (len(model) > 0) {
				t.Fatalf("next says %v with %d events", ok, len(model))
			}
			if !ok {
				continue
			}
			first := slices.MinFunc(model, func(x, y event) int {
				return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.order, y.order))
			})
			if got.at != first.at || got.order != first.order {
				t.Fatalf("next is %v/%d, want %v/%d", got.at, got.order, first.at, first.order)
			}
			model = slices.DeleteFunc(model, func(e event) bool { return e.order == first.order })
		}
	})
}

// aLoneServer is a world with one server and no traffic of its own, and a way to send it requests.
func aLoneServer(t *testing.T) (w *world, send func(at, work time.Duration) *request) {
	t.Helper()
	s := &scenario{servers: 1, agents: 1, clients: 1, load: 1e-9, measured: time.Hour}
	w, err := newWorld(s, balancer.RoundRobin, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.agenda = agenda{}
	return w, func(at, work time.Duration) *request {
		r := &request{world: w, agent: w.agents[0], work: work}
		w.add(at, (*request).arrive, r)
		return r
	}
}

// drive lets all happen that is on the agenda and does not bring new requests.
func (w *world) drive(until time.Duration) {
	for {
		e, ok := w.next()
		if !ok || e.at > until {
			w.giveUp(until, true)
			return
		}
		w.giveUp(e.at, true)
		w.now = e.at
		e.do(e.of)
	}
}

func TestServerWorksOnSomeAndQueuesTheRest(t *testing.T) {
	w, send := aLoneServer(t)
	for range slots {
		send(warmUp, 100*time.Millisecond)
	}
	send(warmUp, 10*time.Millisecond)
	send(warmUp, 10*time.Millisecond)
	w.drive(warmUp + timeOut)
	slices.Sort(w.tally.waits)
	want := []time.Duration{100, 100, 100, 100, 110, 110}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if !slices.Equal(w.tally.waits, want) {
		t.Errorf("waits are %v, want %v", w.tally.waits, want)
	}
}

func TestClientsGiveUp(t *testing.T) {
	w, send := aLoneServer(t)
	for range slots {
		send(warmUp, 3*timeOut/2)
	}
	thrownAway := send(warmUp, time.Millisecond)
	later := send(warmUp+timeOut, time.Millisecond)
	w.drive(warmUp + 2*timeOut)
	if w.tally.failed != slots+1 || !thrownAway.ended {
		t.Errorf("%d requests failed, want the %d that ran and the one that waited behind them", w.tally.failed, slots)
	}
	want := append(slices.Repeat([]time.Duration{timeOut}, slots+1), timeOut/2+time.Millisecond)
	slices.Sort(w.tally.waits)
	slices.Sort(want)
	if !later.ended || !slices.Equal(w.tally.waits, want) {
		t.Errorf("waits are %v, want %v", w.tally.waits, want)
	}
	if active := w.agents[0].active(t); active != 0 {
		t.Errorf("%d leases are left", active)
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		condition condition
		probed    bool
		wait      time.Duration
		waits     int // counted; refusals are not
		failed    int
	}{
		{serving, true, 10 * time.Millisecond, 1, 0},
		{failing, true, 0, 0, 1},
		{down, false, 0, 0, 1},
		{lost, false, timeOut, 1, 1},
	}
	for _, test := range tests {
		w, send := aLoneServer(t)
		w.servers[0].condition = test.condition
		send(warmUp, 10*time.Millisecond)
		w.drive(warmUp + 2*timeOut)
		if got := w.servers[0].probed(); got != test.probed {
			t.Errorf("condition %d: a probe says %v", test.condition, got)
		}
		if w.tally.failed != test.failed || len(w.tally.waits) != test.waits || test.waits > 0 && w.tally.waits[0] != test.wait {
			t.Errorf("condition %d: %d failed, waits %v", test.condition, w.tally.failed, w.tally.waits)
		}
	}
}

func TestAFallEndsWhatRuns(t *testing.T) {
	for _, to := range []condition{failing, lost} {
		w, send := aLoneServer(t)
		for range slots + 2 {
			send(warmUp, 100*time.Millisecond)
		}
		w.at(warmUp+50*time.Millisecond, func() { w.servers[0].fall(to) })
		w.at(warmUp+60*time.Millisecond, func() { w.servers[0].rise(w.now) })
		w.drive(warmUp + 2*timeOut)
		waits := 0
		if to == lost {
			waits = slots + 2
		}
		if w.tally.failed != slots+2 || len(w.tally.waits) != waits || len(w.servers[0].running) != 0 {
			t.Errorf("fall to %d: %d failed, waits %v, running %d", to, w.tally.failed, w.tally.waits, len(w.servers[0].running))
		}
	}
}

func TestAColdServerWarmsUp(t *testing.T) {
	s := &server{pace: half}
	s.rise(time.Minute)
	for after, want := range map[time.Duration]float64{0: 0.1, warmth / 2: 0.3, warmth: 0.5, time.Hour: 0.5} {
		if got := s.paceAt(time.Minute + after); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v after its start the pace is %v, want %v", after, got, want)
		}
	}
}

// TestWork: the mean of the drawn work is what the load is reckoned with, within five standard errors.
func TestWork(t *testing.T) {
	const n = 200_000
	random, sum := rand.New(rand.NewPCG(1, 1)), 0.0
	for range n {
		sum += work(random.NormFloat64()).Seconds()
	}
	deviation := meanWork.Seconds() * math.Sqrt(math.Exp(workSigma*workSigma)-1)
	if got := sum / n; math.Abs(got-meanWork.Seconds()) > 5*deviation/math.Sqrt(n) {
		t.Errorf("the mean is %v s, want %v s", got, meanWork.Seconds())
	}
}

func (a *agent) active(t *testing.T) (sum int) {
	t.Helper()
	selections, err := a.lb.SelectMany(service, balancer.Pick{}, len(a.world.servers))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range selections {
		sum += s.ActiveConnections()
	}
	return sum
}
