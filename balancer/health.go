package balancer

import "time"

// MarkHealth sets the active verdict of a backend at once: true makes it ok and resets the count of
// consecutive failures, false makes it failed and adds one to the count. Other verdicts stand.
// ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) MarkHealth(service, address string, healthy bool) error {
	verdict := CheckFailed
	if healthy {
		verdict = CheckOK
	}
	return lb.RecordCheck(service, address, healthy, verdict)
}

// RecordCheck counts the result of a probe and sets the active verdict that follows from it by the
// thresholds that the prober keeps. ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) RecordCheck(service, address string, ok bool, verdict CheckVerdict) error {
	_, err := lb.RecordProbe(service, address, ok, verdict)
	return err
}

// RecordProbe is RecordCheck, and tells whether the backend is up now and was not before, or the other
// way round: see Verdicts.Up.
func (lb *LoadBalancer) RecordProbe(service, address string, ok bool, verdict CheckVerdict) (turned bool, err error) {
	err = lb.judge(service, address, func(b *Backend, v *Verdicts) {
		if ok {
			b.failures.Store(0)
		} else {
			b.failures.Add(1)
		}
		up := v.Up()
		v.Active = verdict
		turned = v.Up() != up
	})
	return turned, err
}

// ForgetChecks makes the active verdict unknown and the count of consecutive failures 0, for a
// backend that is not probed any more. ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) ForgetChecks(service, address string) error {
	return lb.judge(service, address, func(b *Backend, v *Verdicts) {
		b.failures.Store(0)
		v.Active = CheckUnknown
	})
}

// SetPassive sets what outcomes say of a backend, and tells whether that is new. ErrUnknownService,
// ErrUnknownBackend.
func (lb *LoadBalancer) SetPassive(service, address string, verdict CheckVerdict) (changed bool, err error) {
	err = lb.judge(service, address, func(_ *Backend, v *Verdicts) {
		changed = v.Passive != verdict
		v.Passive = verdict
	})
	return changed, err
}

// ReportOutcome counts what an application saw of a backend: failures in a row, apart from those of
// probes, and, for peak_ewma, how long it took; 0 where that is not known. It changes no verdict.
// ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) ReportOutcome(service, address string, success bool, latency time.Duration) error {
	g := lb.groups.get(service)
	if g == nil {
		return unknown(service)
	}
	v := g.view.Load()
	at := v.find(address)
	if at < 0 {
		return unknownBackend(service, address)
	}
	b := v.members[at].backend
	b.report(success)
	if v.settings.Strategy == PeakEWMA {
		lb.observe(b, v.settings.EWMA.withDefaults(), success, latency)
	}
	return nil
}

func (b *Backend) report(success bool) {
	if !success {
		b.reported.Add(1)
	} else if b.reported.Load() != 0 {
		b.reported.Store(0)
	}
}

// maxPenalties is how many failures in a row add up. One penalty alone is not enough against a backend
// that fails fast: it never has a request in flight, and others are judged by cost × (active + 1).
const maxPenalties = 3

func (lb *LoadBalancer) observe(b *Backend, s EWMA, success bool, latency time.Duration) {
	if !success {
		failures := min(max(b.reported.Load(), 1), maxPenalties) // a success may have come in between
		latency = max(latency, s.FailurePenalty*time.Duration(failures))
	}
	if latency > 0 {
		lb.clock.advance(lb.now())
		b.cost.observe(latency, lb.clock.now(), float32(s.Decay)/float32(clockTick))
	}
}

// SetAdmin sets the operator's verdict. It holds until it is changed, also when the backend goes
// away and comes back; AdminReady ends a drain of a backend that is away. ErrUnknownService,
// ErrUnknownBackend.
func (lb *LoadBalancer) SetAdmin(service, address string, verdict AdminVerdict) error {
	err := lb.judge(service, address, func(_ *Backend, v *Verdicts) {
		v.Admin = verdict
		lb.drains.set(service, address, verdict)
	})
	if err != nil && verdict == AdminReady && lb.drains.set(service, address, verdict) {
		return nil
	}
	return err
}

// Verdicts returns what is said of a backend. ErrUnknownService, ErrUnknownBackend.
func (lb *LoadBalancer) Verdicts(service, address string) (Verdicts, error) {
	g := lb.groups.get(service)
	if g == nil {
		return Verdicts{}, unknown(service)
	}
	v := g.view.Load()
	at := v.find(address)
	if at < 0 {
		return Verdicts{}, unknownBackend(service, address)
	}
	return v.members[at].verdicts, nil
}

// judge changes the verdicts of one backend and publishes a view when one of them differs.
func (lb *LoadBalancer) judge(service, address string, f func(*Backend, *Verdicts)) error {
	return lb.change(service, func(_ *group, v *view) (*view, error) {
		at := v.find(address)
		if at < 0 {
			return nil, unknownBackend(service, address)
		}
		verdicts := v.members[at].verdicts
		f(v.members[at].backend, &verdicts)
		if verdicts == v.members[at].verdicts {
			return nil, nil
		}
		return v.with(at, func(m *member) { m.verdicts = verdicts }), nil
	})
}
