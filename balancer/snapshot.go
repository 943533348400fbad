package balancer

// GroupSnapshot is one service at one moment: membership, attributes and verdicts are those of one
// view, and the counters were read as it was taken.
type GroupSnapshot struct {
	Service      string
	Strategy     Strategy
	Index        uint64
	Stale        bool
	HealthyCount int
	Backends     []BackendSnapshot // in the order of the list that registered them
}

// BackendSnapshot is one backend of a GroupSnapshot. Its slice and map must not be written to.
type BackendSnapshot struct {
	Address             string
	ID                  string
	Weight              int // 0 to MaxWeight
	Zone                string
	Tags                []string
	Meta                map[string]string
	Healthy             bool
	Verdicts            Verdicts
	ActiveConnections   int
	ConsecutiveFailures int // of probes and marks
	ReportedFailures    int // of outcomes from applications
}

// GroupSnapshot returns the service as it is now. ErrUnknownService.
func (lb *LoadBalancer) GroupSnapshot(service string) (GroupSnapshot, error) {
	g := lb.groups.get(service)
	if g == nil {
		return GroupSnapshot{}, unknown(service)
	}
	v := g.view.Load()
	s := GroupSnapshot{
		Service:      g.name,
		Strategy:     v.strategy,
		Index:        v.index,
		Stale:        v.stale,
		HealthyCount: v.healthy,
		Backends:     make([]BackendSnapshot, len(v.members)),
	}
	for i := range v.members {
		s.Backends[i] = v.members[i].snapshot()
	}
	return s, nil
}

func (m *member) snapshot() BackendSnapshot {
	return BackendSnapshot{
		Address:             m.backend.address,
		ID:                  m.id,
		Weight:              int(m.weight),
		Zone:                m.attrs.zone,
		Tags:                m.attrs.tags,
		Meta:                m.attrs.meta,
		Healthy:             m.verdicts.Healthy(),
		Verdicts:            m.verdicts,
		ActiveConnections:   m.backend.ActiveConnections(),
		ConsecutiveFailures: m.backend.ConsecutiveFailures(),
		ReportedFailures:    m.backend.ReportedFailures(),
	}
}

// Summary is one service in brief.
type Summary struct {
	Service      string
	Strategy     Strategy
	Index        uint64
	Stale        bool
	BackendCount int
	HealthyCount int
}

// Summary returns the service in brief, at a cost that does not depend on its size.
// ErrUnknownService.
func (lb *LoadBalancer) Summary(service string) (Summary, error) {
	g := lb.groups.get(service)
	if g == nil {
		return Summary{}, unknown(service)
	}
	v := g.view.Load()
	return Summary{g.name, v.strategy, v.index, v.stale, len(v.members), v.healthy}, nil
}
