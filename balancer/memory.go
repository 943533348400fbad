package balancer

import (
	"math"
	"time"
)

// Memory is what was found out about one backend, to be kept over a restart of the process. Attributes
// come from its source, drains are with Drained, and what outcomes say (passive) with who judges them.
type Memory struct {
	Address  string
	Active   CheckVerdict
	Failures int // of probes and marks, in a row

	Ramping bool          // it is in slow start,
	Healthy time.Duration // since it became healthy so long ago

	Cost    time.Duration // of peak_ewma when it was last measured; 0: never
	CostAge time.Duration // since then
}

func (m *Memory) empty() bool {
	return m.Active == CheckUnknown && m.Failures == 0 && !m.Ramping && m.Cost == 0
}

// Remember returns what there is to remember of the service's backends, in no order; nothing of those of
// which nothing was found out. It takes the group's lock only where a backend is in slow start.
func (lb *LoadBalancer) Remember(service string) []Memory {
	g := lb.groups.get(service)
	if g == nil {
		return nil
	}
	now, v := lb.now(), g.view.Load()
	if v.ramping {
		g.mu.Lock()
		defer g.mu.Unlock()
		v = g.view.Load()
	}
	var memories []Memory
	for i := range v.members {
		if m := v.remember(&v.members[i], now); !m.empty() {
			memories = append(memories, m)
		}
	}
	return memories
}

func (v *view) remember(m *member, now time.Duration) Memory {
	memory := Memory{Address: m.backend.address, Active: m.verdicts.Active, Failures: m.backend.ConsecutiveFailures()}
	if v.ramping && m.ramp < fullRamp {
		memory.Ramping, memory.Healthy = true, max(0, now-time.Duration(m.backend.since))
	}
	if v.settings.Strategy == PeakEWMA {
		memory.Cost, memory.CostAge = m.backend.cost.remember(uint32(now / clockTick))
	}
	return memory
}

// Past is what is known of a service when it is registered.
type Past struct {
	Stale    bool     // as SetStale says
	Backends []Memory // in any order
}

// Recall gives backends of a registered service back what is remembered of them, for those that were
// listed later than the service was registered. ErrUnknownService.
func (lb *LoadBalancer) Recall(service string, memories []Memory) error {
	return lb.change(service, func(g *group, v *view) (*view, error) {
		next := v.copy()
		next.members = append([]member(nil), v.members...)
		next.sorted = v.sorted
		g.recall(next, memories, lb.now())
		return next, nil
	})
}

// recall changes the members of a view that is not published yet; mu is held, or nobody knows the group.
func (g *group) recall(v *view, memories []Memory, now time.Duration) {
	for i := range memories {
		at := v.find(memories[i].Address)
		if at < 0 {
			continue
		}
		memory, m := &memories[i], &v.members[at]
		if memory.Active <= CheckFailed {
			m.verdicts.Active = memory.Active
		}
		m.backend.failures.Store(int32(min(max(0, memory.Failures), math.MaxInt32)))
		m.backend.cost.recall(memory.Cost, memory.CostAge, uint32(now/clockTick))
		m.backend.since = alwaysHealthy // which holds only if it is healthy
		if memory.Ramping {
			m.backend.since = max(int64(now)-int64(max(0, memory.Healthy)), alwaysHealthy+1)
		}
	}
}

// remember returns the cost and how long ago its last sample was.
func (e *ewma) remember(now uint32) (cost, age time.Duration) {
	word := e.word.Load()
	if word == 0 {
		return 0, 0
	}
	micros := math.Float32frombits(uint32(word >> 32))
	cost = time.Duration(min(float64(micros)*float64(time.Microsecond), float64(math.MaxInt64/2)))
	return max(cost, 1), time.Duration(max(0, int32(now-uint32(word)))) * clockTick
}

// recall sets the cost. One that is older than a cost can matter is none.
func (e *ewma) recall(cost, age time.Duration, now uint32) {
	ticks := age / clockTick
	if cost <= 0 || ticks < 0 || ticks > math.MaxInt32/2 {
		return
	}
	micros := float32(float64(cost) / float64(time.Microsecond))
	e.word.Store(uint64(math.Float32bits(micros))<<32 | uint64(now-uint32(ticks)))
}

// Drained returns the addresses that operators drained, by service, those of backends and services that
// are away included.
func (lb *LoadBalancer) Drained() map[string][]string {
	lb.drains.mu.RLock()
	defer lb.drains.mu.RUnlock()
	drained := make(map[string][]string, len(lb.drains.of))
	for service, addresses := range lb.drains.of {
		for address := range addresses {
			drained[service] = append(drained[service], address)
		}
	}
	return drained
}

// DrainAgain remembers drains from before a restart. It is for services that are not registered yet.
func (lb *LoadBalancer) DrainAgain(service string, addresses []string) {
	for _, address := range addresses {
		lb.drains.set(service, address, AdminDrain)
	}
}

// Index returns the last index that was given out, or FirstIndex.
func (lb *LoadBalancer) Index() uint64 { return lb.index.Load() }
