package main

import (
	"time"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/balancer/outlier"
)

const service = "web"

// agent is what of Remora's agent matters here: a balancer that is told outcomes, probes and the time.
type agent struct {
	world    *world
	zone     string
	lb       *balancer.LoadBalancer
	detector *outlier.Detector // nil: outliers are not looked for
}

func newAgent(w *world, s *scenario, strategy balancer.Strategy, zone string) (*agent, error) {
	a := &agent{world: w, zone: zone, lb: balancer.New(balancer.Clock(w.clock))}
	if err := a.lb.RegisterWith(service, endpoints(w.servers, s, zone), s.settings(strategy, zone)); err != nil {
		return nil, err
	}
	w.every(balancer.TickEvery, balancer.TickEvery, a.lb.Tick)
	for i, server := range w.servers {
		phase := probeEvery * time.Duration(i) / time.Duration(len(w.servers))
		w.every(phase, probeEvery, func() { a.probe(server) })
	}
	if s.outliers {
		a.detectOutliers()
	}
	return a, nil
}

// probe marks what a probe finds that starts now. One that nothing comes back of takes its time-out.
func (a *agent) probe(s *server) {
	found := s.probed()
	mark := func() { must(a.lb.MarkHealth(service, s.address, found)) }
	if s.condition == lost {
		a.world.at(a.world.now+probeTimeOut, mark)
		return
	}
	mark()
}

func endpoints(servers []*server, s *scenario, zone string) []balancer.Endpoint {
	list := make([]balancer.Endpoint, len(servers))
	for i, server := range servers {
		list[i] = balancer.Endpoint{Address: server.address, Zone: server.zone}
		if s.tiers && server.zone != zone {
			list[i].Priority = 1
		}
	}
	return list
}

func (a *agent) detectOutliers() {
	settings := outlier.Defaults()
	a.detector = outlier.New(settings)
	a.detector.SetMembers(a.lb.Addresses(service))
	a.world.every(settings.Interval, settings.Interval, func() {
		for _, change := range a.detector.Sweep(a.world.clock()) {
			a.apply(change)
		}
	})
}

func (a *agent) apply(c outlier.Change) {
	verdict := balancer.CheckOK
	if c.Ejected {
		verdict = balancer.CheckFailed
	}
	_, err := a.lb.SetPassive(service, c.Address, verdict)
	must(err)
}

// lease selects a server and counts the use of it until release.
func (a *agent) lease(key string) (address string, release func(), err error) {
	selection, release, err := a.lb.SelectAndAcquire(service, balancer.Pick{Key: key})
	if err != nil {
		return "", nil, err
	}
	return selection.Address(), release, nil
}

// report takes the outcome of a request.
func (a *agent) report(r *request, success bool, latency time.Duration) {
	must(a.lb.ReportOutcome(service, r.server.address, success, latency))
	if a.detector == nil {
		return
	}
	if change, changed := a.detector.Record(r.server.address, r.uid, success, a.world.clock()); changed {
		a.apply(change)
	}
}

// must is for calls that fail only for a service or an address that the balancer does not know.
func must(err error) {
	if err != nil {
		panic("simulate: " + err.Error())
	}
}
