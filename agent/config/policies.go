package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/remora-agent/remora/balancer"
)

// balance are the settings that stand in a service or in defaults themselves.
func (w *walk) balance() table[Balance] { return balance.in("").with("strategy", w.strategies) }

// policy reads one of the blocks that say how a group chooses, over what it inherits.
func (w *walk) policy(seen places, owner section, b *hcl.Block, into *Balance) {
	s := begin(b.Type+" of "+owner.what, b)
	w.once(seen, s.what, s.head)
	s = read(w, s, b.Body, balance.in(b.Type), nil, into, nil)
	if ring := into.RingHash; b.Type == "ring_hash" && ring.MaxSize > 0 && ring.MinSize > ring.MaxSize {
		w.above(s, "min_size", ring.MinSize, "max_size", ring.MaxSize, points)
	}
	if d := into.FlapDamping; b.Type == dampingBlock && d.MaxHold > 0 && d.BaseHold > d.MaxHold {
		w.above(s, "base_hold", brief(d.BaseHold), "max_hold", brief(d.MaxHold), holdTime)
	}
}

// outliers reads an outlier_detection block over what it inherits. Its presence turns detection on.
func (w *walk) outliers(seen places, owner section, b *hcl.Block, into *outlierDetection) {
	s := begin(b.Type+" of "+owner.what, b)
	w.once(seen, s.what, s.head)
	into.Enabled = true
	s = read(w, s, b.Body, outliers, nil, into, nil)
	if into.MaxEjectionTime > 0 && into.BaseEjectionTime > into.MaxEjectionTime {
		w.above(s, "base_ejection_time", brief(into.BaseEjectionTime), "max_ejection_time", brief(into.MaxEjectionTime), ejectionTime)
	}
}

// above reports a lower bound that is above the upper one, where the block sets one of them.
func (w *walk) above(s section, low string, lowValue any, high string, highValue any, allow rule) {
	at := low
	if !s.sets(low) {
		at = high
	}
	w.fault(s.at(at), fmt.Sprintf("%s %v of %s is above its %s %v", low, lowValue, s.what, high, highValue),
		fmt.Sprintf("Allowed: %s, and no more than %s. A service takes over from defaults what it does not set.", allow.says, high))
}

// affinity reports what can't be combined with a hashing strategy. What a service merely takes over
// from defaults is reported there.
func (w *walk) affinity(s section, b Balance) {
	all := w.config.Settings(b)
	for _, policy := range []struct {
		block, off string
		alone      balancer.Settings
	}{
		{"slow_start", `duration = "0s"`, balancer.Settings{Strategy: all.Strategy, SlowStart: all.SlowStart}},
		{"locality", "prefer_local = false", balancer.Settings{Strategy: all.Strategy, Locality: all.Locality}},
		{"subset", "size = 0", balancer.Settings{Strategy: all.Strategy, Subset: all.Subset}},
	} {
		at, here := s.chooses(policy.block)
		if !here || !all.Strategy.Hashes() {
			continue
		}
		if err := policy.alone.Check(); err != nil {
			w.fault(at, fmt.Sprintf("%s can't have %s with strategy %q", s.what, policy.block, b.Strategy),
				fmt.Sprintf("Not allowed: %v. Allowed: another strategy, or %s { %s }.", err, policy.block, policy.off))
		}
	}
}

// chooses says where a section has a block, or else its strategy.
func (s section) chooses(block string) (at hcl.Range, here bool) {
	i := slices.IndexFunc(s.blocks, func(b *hcl.Block) bool { return b.Type == block })
	if i >= 0 {
		return s.blocks[i].TypeRange, true
	}
	return s.at("strategy"), s.sets("strategy")
}
