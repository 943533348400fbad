package balancer

// zoneShare is how much of the picks goes to one zone.
type zoneShare struct {
	zone   string
	weight float64 // healthy
	share  float64 // 0 to 1; of all zones 1
}

// prefer gives each zone its share for a caller in zone own. With Z zones that have healthy backends,
// callers that are spread evenly over the zones each bring 1/Z of the load, so a zone with the fraction f
// of the healthy weight can take min(1, Z × f) of what its own callers bring. The rest goes to zones
// with more than 1/Z of the weight, in proportion to what they have left: then every backend is loaded
// by its weight, and a small zone no more than a large one. That is Envoy's zone-aware routing; bias
// multiplies the local share.
//
// Without a healthy backend in zone own, or with one zone only, shares follow weights.
func prefer(zones []zoneShare, own string, bias float64) {
	total, at := 0.0, -1
	for i, z := range zones {
		total += z.weight
		if z.zone == own {
			at = i
		}
	}
	if at < 0 || len(zones) < 2 {
		for i := range zones {
			zones[i].share = zones[i].weight / total
		}
		return
	}
	if bias == 0 {
		bias = 1
	}
	count := float64(len(zones))
	local := min(1, bias*count*zones[at].weight/total)
	spill(zones, at, 1-local, func(z zoneShare) float64 { return max(0, z.weight/total-1/count) })
	zones[at].share = local
}

// spill hands a share to all zones but one, in proportion to room, or to their weights where there is
// no room anywhere.
func spill(zones []zoneShare, but int, share float64, room func(zoneShare) float64) {
	sum := 0.0
	for i, z := range zones {
		if i != but {
			sum += room(z)
		}
	}
	if sum == 0 {
		room = func(z zoneShare) float64 { return z.weight }
		for i, z := range zones {
			if i != but {
				sum += z.weight
			}
		}
	}
	for i := range zones {
		if i != but {
			zones[i].share = share * room(zones[i]) / sum
		}
	}
}
