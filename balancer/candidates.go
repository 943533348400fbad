package balancer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// candidates shows each member as this decision sees it.
func (v *view) candidates(d decision, exclude []string) []Candidate {
	list := make([]Candidate, len(v.members))
	for i := range v.members {
		m := &v.members[i]
		c := Candidate{
			BackendSnapshot: m.snapshot(),
			Eligible:        m.pool > 0,
			Reason:          v.reason(m, d, exclude),
		}
		if d.pool != nil && m.pool > 0 && &v.pools[m.pool-1] == d.pool && v.settings.Strategy.scores() {
			score := d.pool.picker.score(m)
			c.Score = &score
		}
		list[i] = c
	}
	return list
}

// scores says whether members are compared by a number that means something to people.
func (s Strategy) scores() bool { return s == LeastConnections || s == P2C || s == PeakEWMA }

// reason says why a member is not picked now; empty for one that may be.
func (v *view) reason(m *member, d decision, exclude []string) string {
	var reasons []string
	say := func(is bool, what string) {
		if is {
			reasons = append(reasons, what)
		}
	}
	say(m.verdicts.Admin == AdminDrain, "drained by an operator")
	say(m.verdicts.Registry >= RegistryCritical, cmp.Or(m.attrs.reason, "registry: "+m.verdicts.Registry.String()))
	say(m.verdicts.Active == CheckFailed, "health check failed")
	say(m.verdicts.Passive == CheckFailed, "ejected as an outlier")
	say(m.weight == 0, "weight 0")
	say(m.held, ReasonHeld)
	say(m.out && m.pool == 0, ReasonDamped)
	say(slices.Contains(exclude, m.backend.address), "excluded by the request")
	if m.pool == 0 && len(reasons) == 0 {
		reasons = append(reasons, v.leftOut(m))
	}
	if m.pool > 0 && d.pool != nil && &v.pools[m.pool-1] != d.pool {
		reasons = append(reasons, v.pools[m.pool-1].elsewhere())
	}
	return strings.Join(reasons, "; ")
}

// leftOut says why a member that is fit for it is in no pool.
func (v *view) leftOut(m *member) string {
	for _, t := range v.tiers {
		if t.priority == m.priority && t.held == m.held && t.load == 0 {
			return fmt.Sprintf("tier %d: 0%%, tiers above it serve", m.priority)
		}
	}
	if v.settings.Subset.Size > 0 {
		return "not in this agent's subset"
	}
	return fmt.Sprintf("zone %s: spill-over 0%%", m.attrs.zone)
}

// elsewhere says what share a pool has that this pick did not fall to.
func (p *pool) elsewhere() string {
	if p.zoned {
		return fmt.Sprintf("zone %s: %.0f%% of the picks, not this one", p.zone, p.percent)
	}
	return fmt.Sprintf("tier %d: %.0f%% of the picks, not this one", p.priority, p.percent)
}
