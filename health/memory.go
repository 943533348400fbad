package health

// Memory is where rise and fall stand for one target, to be kept over a restart: the verdict, and the
// results in a row that speak for or against it. One of the two counts is 0.
type Memory struct {
	Address     string
	Verdict     Verdict
	OKs, Failed int
}

// Remember returns the targets of the service that something is known of, in no order.
func (c *Checker) Remember(service string) []Memory {
	c.mu.Lock()
	defer c.mu.Unlock()
	var memories []Memory
	for address, m := range c.services[service] {
		if m.streak != (streak{}) {
			memories = append(memories, Memory{address, m.streak.verdict, m.streak.oks, m.streak.failed})
		}
	}
	return memories
}

// Recall gives targets back what was remembered of them, if nothing is known of them yet. Others than
// the service's targets are left out. The sink hears nothing of it.
func (c *Checker) Recall(service string, memories []Memory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, memory := range memories {
		m := c.services[service][memory.Address]
		if m == nil || m.streak != (streak{}) || memory.Verdict > Failed {
			continue
		}
		m.streak = streak{verdict: memory.Verdict, oks: max(0, memory.OKs), failed: max(0, memory.Failed)}
		if m.streak.failed > 0 {
			m.streak.oks = 0
		}
	}
}
