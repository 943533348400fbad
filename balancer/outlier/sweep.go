package outlier

import (
	"cmp"
	"slices"
	"time"
)

// Sweep ends an interval: backends whose time is up return, those whose rates in the interval made
// them outliers are ejected, the worst first, and multipliers decay. It returns what changed. It is
// to be called once an interval; a group of which nobody speaks costs nothing.
func (d *Detector) Sweep(now time.Time) []Change {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.resting {
		return nil
	}
	changes := d.release(now)
	changes = append(changes, d.judgeSuccessRates(now)...)
	changes = append(changes, d.judgeFailures(now)...)
	d.roll()
	return changes
}

// release lets those return whose time is up.
func (d *Detector) release(now time.Time) (changes []Change) {
	for _, b := range d.backends {
		if b.standing.Ejected && !now.Before(b.standing.Until) {
			d.restore(b, TimeUp, "its ejection is over")
			changes = append(changes, b.standing)
		}
	}
	return changes
}

// suspect is a backend in service, with what was said of it in the interval.
type suspect struct {
	*backend
	tally tally
}

// suspects returns those in service with enough outcomes to be looked at, the worst first; none if
// they are too few.
func (d *Detector) suspects(volume, minimum int) (found []suspect) {
	for _, b := range d.backends {
		if t := b.current(); !b.standing.Ejected && t.total() >= volume {
			found = append(found, suspect{b, t})
		}
	}
	if len(found) < minimum {
		return nil
	}
	slices.SortFunc(found, func(a, b suspect) int {
		return cmp.Or(
			cmp.Compare(a.tally.rate(), b.tally.rate()),
			cmp.Compare(b.tally.total(), a.tally.total()),
			cmp.Compare(a.address, b.address),
		)
	})
	return found
}

func (d *Detector) judgeSuccessRates(now time.Time) (changes []Change) {
	s := d.settings.SuccessRate
	if !s.Enabled {
		return nil
	}
	suspects := d.suspects(s.RequestVolume, s.MinimumHosts)
	if suspects == nil {
		return nil
	}
	rates := make([]float64, len(suspects))
	for i := range suspects {
		rates[i] = suspects[i].tally.rate()
	}
	limit := threshold(rates, s.StdevFactor)
	peers := peers{detector: d, s: s}
	for i, suspect := range suspects {
		if !below(rates[i], limit) {
			break // the others are better
		}
		if !d.refuses(suspect.backend, peers.agree, true) {
			d.eject(suspect.backend, now, LowSuccessRate, rateReason(rates[i], limit))
			changes = append(changes, suspect.standing)
		}
	}
	return changes
}

func (d *Detector) judgeFailures(now time.Time) (changes []Change) {
	s := d.settings.FailurePercentage
	if !s.Enabled {
		return nil
	}
	agree := func(_ int, others tally) bool { return others.failing(s.Threshold) }
	for _, suspect := range d.suspects(s.RequestVolume, s.MinimumHosts) {
		if !suspect.tally.failing(s.Threshold) {
			break
		}
		if !d.refuses(suspect.backend, agree, true) {
			d.eject(suspect.backend, now, ManyFailures, failuresReason(suspect.tally))
			changes = append(changes, suspect.standing)
		}
	}
	return changes
}

// roll begins the next interval.
func (d *Detector) roll() {
	d.resting = d.uids.silent() && d.ejected == 0
	d.uids.roll()
	for _, b := range d.backends {
		b.roll()
		if b.multiplier > 0 {
			d.resting = false
			if !b.standing.Ejected && !b.unclean {
				b.multiplier--
			}
		}
		b.unclean = false
	}
}
