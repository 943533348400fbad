package balancer

// tier is what counts of the backends of one priority.
type tier struct {
	priority uint8
	members  int // with a weight above 0
	healthy  int // of those
	load     int // percent of the picks; of all tiers 100, or 0 where nothing can be picked
	panics   bool
	held     bool // of members that are held; their tiers come after all others
}

// overprovisioning is Envoy's factor: a tier counts as whole while 1/1.4 = 71% of it is healthy.
const overprovisioning = 140

// spread gives each tier its load, by Envoy's rule (upstream/load_balancer_impl.cc): a tier's health is
// 1.4 × its healthy share, capped at 100; each tier takes what its health allows of what those before
// it left; when all together have less than 100, loads are scaled up to it; rounding goes to the first
// tier that has any. Only then panic is looked at: a tier panics when less than the threshold of it is
// healthy, unless all tiers together are whole; and only when every tier panics do loads follow the
// numbers of members.
func spread(tiers []tier, threshold int) {
	total := 0
	for _, t := range tiers {
		total += t.health()
	}
	total = min(total, 100)
	if total > 0 {
		distribute(tiers, func(t tier) int { return t.health() * 100 / total })
	} else {
		takeFirstAlive(tiers)
	}
	if total == 100 || threshold == 0 {
		return
	}
	all := true
	for i := range tiers {
		t := &tiers[i]
		t.panics = t.healthy*100 < threshold*t.members
		all = all && (t.panics || t.members == 0)
	}
	if all {
		spreadByMembers(tiers)
	}
}

// takeFirstAlive is for tiers so nearly dead that the health of each rounds to 0.
func takeFirstAlive(tiers []tier) {
	for i := range tiers {
		if tiers[i].healthy > 0 {
			tiers[i].load = 100
			return
		}
	}
}

func (t tier) health() int {
	if t.members == 0 {
		return 0
	}
	return min(100, overprovisioning*t.healthy/t.members)
}

func spreadByMembers(tiers []tier) {
	members := 0
	for _, t := range tiers {
		members += t.members
	}
	if members > 0 {
		distribute(tiers, func(t tier) int { return 100 * t.members / members })
	}
}

// distribute gives each tier its share of what is left of 100, and the rest to the first that has one.
func distribute(tiers []tier, share func(tier) int) {
	left, first := 100, -1
	for i := range tiers {
		tiers[i].load = min(left, share(tiers[i]))
		left -= tiers[i].load
		if first < 0 && tiers[i].load > 0 {
			first = i
		}
	}
	if first >= 0 {
		tiers[first].load += left
	}
}
