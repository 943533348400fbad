package balancer

// GroupSnapshot is one service at one moment: membership, attributes and verdicts are those of one
// view, and the counters were read as it was taken.
type GroupSnapshot struct {
	Service      string
	Strategy     Strategy
	Settings     Settings
	Index        uint64
	Stale        bool
	HealthyCount int // of the listed
	HeldCount    int // of Backends, those that are not listed any more
	Regime       Regime
	Tiers        []TierLoad
	Zones        []ZoneLoad        // where locality is preferred
	Table        Table             // of a hashing strategy; zero until somebody selected
	Backends     []BackendSnapshot // in the order of the list that registered them, the held among them
}

// BackendSnapshot is one backend of a GroupSnapshot. Its slice and map must not be written to.
type BackendSnapshot struct {
	Address             string
	ID                  string
	Weight              int     // 0 to MaxWeight
	EffectiveWeight     float64 // less in slow start
	Priority            int
	Zone                string
	Tags                []string
	Meta                map[string]string
	Healthy             bool
	Held                bool // not listed any more: picked only when no listed one can be
	Damped              bool // flapping: picked only when no other can be
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
	if v.gone { // in this very moment
		return GroupSnapshot{}, unknown(service)
	}
	s := GroupSnapshot{
		Service:      g.name,
		Strategy:     v.settings.Strategy,
		Settings:     *v.settings,
		Index:        v.index,
		Stale:        v.stale,
		HealthyCount: v.healthy,
		HeldCount:    v.held,
		Backends:     make([]BackendSnapshot, len(v.members)),
	}
	s.Regime, s.Tiers, s.Zones = v.regime(), v.tierLoads(), v.zoneLoads()
	s.Table, _ = v.tableOf()
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
		EffectiveWeight:     float64(m.share()) / fullRamp,
		Priority:            int(m.priority),
		Zone:                m.attrs.zone,
		Tags:                m.attrs.tags,
		Meta:                m.attrs.meta,
		Healthy:             m.verdicts.Healthy(),
		Held:                m.held,
		Damped:              m.damped,
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
	BackendCount int // listed
	HealthyCount int // of those
	HeldCount    int // not listed any more
	Regime       Regime
}

// Summary returns the service in brief, at a cost that does not depend on its size.
// ErrUnknownService.
func (lb *LoadBalancer) Summary(service string) (Summary, error) {
	g := lb.groups.get(service)
	if g == nil {
		return Summary{}, unknown(service)
	}
	v := g.view.Load()
	return Summary{g.name, v.settings.Strategy, v.index, v.stale, len(v.members) - v.held, v.healthy, v.held, v.regime()}, nil
}
