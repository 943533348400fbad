package balancer

import (
	"math"
	"sync/atomic"
	"time"
)

// peakEWMA is Finagle's and linkerd's rule (finagle-core, PeakEwma.scala): of two draws the one with the
// smaller load = cost × (active + 1) wins. The cost is a moving average of latency that jumps to a
// slower sample at once and otherwise decays by e^(-t/decay), also while nothing is measured. A backend
// without a measurement that has requests pending counts as very expensive, so that one nobody has an
// answer from yet is not flooded.
//
// Two departures: loads are relative to weight, and a failure counts as a slow answer (a penalty), or
// a backend that fails fast would look like the best one.
type peakEWMA struct {
	pair
	members []member
	clock   *coarseClock
	decay   float32 // ticks
}

// unmeasured is the cost of a backend that has never answered and has requests pending.
const unmeasured = math.MaxFloat32 / (1 << 32)

func newPeakEWMA(members []member, eligible []uint32, clock *coarseClock, settings EWMA) picker {
	decay := float32(settings.withDefaults().Decay) / float32(clockTick)
	return &peakEWMA{pair{newAliasTable(members, eligible)}, members, clock, decay}
}

func (p *peakEWMA) pick(random uint64) uint32 {
	first, second := p.draw(random)
	now := p.clock.now()
	if p.load(&p.members[second], now) < p.load(&p.members[first], now) {
		return second
	}
	return first
}

func (p *peakEWMA) load(m *member, now uint32) float32 {
	active := m.backend.active.Load()
	cost := m.backend.cost.at(now, p.decay)
	if cost == 0 && active > 0 {
		cost = unmeasured
	}
	return cost * float32(active+1) / float32(m.share())
}

func (p *peakEWMA) score(m *member) float64 { return float64(p.load(m, p.clock.now())) }

// clockTick is how coarse the clock of peak_ewma is: half a percent of its default decay.
const clockTick = 50 * time.Millisecond

// coarseClock counts ticks. It moves when it is told to, and reading it is one load.
type coarseClock struct{ ticks atomic.Uint32 }

func (c *coarseClock) now() uint32 { return c.ticks.Load() }

// advance moves the clock forward to a time since its beginning.
func (c *coarseClock) advance(elapsed time.Duration) {
	now := uint32(elapsed / clockTick)
	for was := c.ticks.Load(); int32(now-was) > 0; was = c.ticks.Load() {
		if c.ticks.CompareAndSwap(was, now) {
			return
		}
	}
}

// ewma is a cost in microseconds and the tick of its last sample in one word, so that both are always
// of the same moment: the bits of a float32 above, the tick below. The zero value is unmeasured.
type ewma struct{ word atomic.Uint64 }

// at is the cost at that tick: what it was, decayed.
func (e *ewma) at(now uint32, decay float32) float32 {
	return decayed(e.word.Load(), now, decay)
}

func decayed(word uint64, now uint32, decay float32) float32 {
	cost := math.Float32frombits(uint32(word >> 32))
	if idle := int32(now - uint32(word)); idle > 0 && cost > 0 {
		cost *= expTable(float32(idle) / decay)
	}
	return cost
}

// observe takes over one sample: the peak at once, what is below it by its age.
func (e *ewma) observe(latency time.Duration, now uint32, decay float32) {
	sample := max(float32(latency)/float32(time.Microsecond), math.SmallestNonzeroFloat32)
	for {
		word := e.word.Load()
		cost := sample
		if old := decayed(word, now, decay); word != 0 && old > 0 {
			was := math.Float32frombits(uint32(word >> 32))
			if sample < was {
				cost = old + sample*(1-old/was) // was·w + sample·(1-w)
			}
		}
		if e.word.CompareAndSwap(word, uint64(math.Float32bits(cost))<<32|uint64(now)) {
			return
		}
	}
}

// expTable is e^-x, to a hundredth of a percent, and 0 from 32 on: a table of 64 steps for each unit,
// with straight lines between. Without those lines a step shorter than the table's would be no decay at
// all, and the cost of a busy backend would only ever grow.
func expTable(x float32) float32 {
	x *= 64
	if i := int(x); i < len(decays)-1 {
		return decays[i] + (decays[i+1]-decays[i])*(x-float32(i))
	}
	return 0
}

var decays = func() (table [32*64 + 1]float32) {
	for i := range table {
		table[i] = float32(math.Exp(-float64(i) / 64))
	}
	return table
}()
