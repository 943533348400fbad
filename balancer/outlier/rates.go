package outlier

import "math"

// threshold is the success rate, in percent, below which a backend is an outlier among those of these
// rates: their mean less so many thousandths of their standard deviation (of the population, as in
// Envoy and gRPC).
func threshold(rates []float64, stdevFactor int) float64 {
	n := float64(len(rates))
	mean, variance := 0.0, 0.0
	for _, r := range rates {
		mean += r / n
	}
	for _, r := range rates {
		variance += (r - mean) * (r - mean) / n
	}
	return mean - float64(stdevFactor)/1000*math.Sqrt(variance)
}

// rounding is more than the error of threshold, so that a rate at the threshold is never below it.
const rounding = 1e-9

func below(rate, threshold float64) bool { return rate < threshold-rounding }

// peers gives the thresholds that result when one uid is left out, each computed when first asked for.
type peers struct {
	detector *Detector
	s        SuccessRate
	known    [MaxUIDs]bool
	limits   [MaxUIDs]float64
}

// agree is the opinion by success rate.
func (p *peers) agree(place int, others tally) bool {
	if !p.known[place] {
		p.known[place], p.limits[place] = true, p.without(place)
	}
	return below(others.rate(), p.limits[place])
}

// without is the threshold when a uid is left out, of both intervals and whatever the volume. Nothing
// is below it when too few backends are left to compare.
func (p *peers) without(place int) float64 {
	var rates []float64
	for _, b := range p.detector.backends {
		if t := b.without(place); !b.standing.Ejected && t.total() > 0 {
			rates = append(rates, t.rate())
		}
	}
	if len(rates) < p.s.MinimumHosts {
		return math.Inf(-1)
	}
	return threshold(rates, p.s.StdevFactor)
}
