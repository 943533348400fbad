package discovery

import (
	"slices"
	"time"
)

// ProviderStatus says how one provider is doing.
type ProviderStatus struct {
	Name, Type  string
	Services    int           // watched now
	Ready       bool          // every service that is always watched has data
	Stale       bool          // the last attempt failed for at least one service, or the catalog is out of reach
	Answered    bool          // there was an answer; else Age means nothing, and without LastError nobody knows yet
	Age         time.Duration // since the last completed answer for any service
	LastError   error         // the last of those that make it stale; else nil
	Updates     uint64        // snapshots that differed from the one before
	Errors      uint64        // failed attempts; one that concerned many services counts once
	Dropped     uint64        // entries that made no sense, counted when they appear
	Rechecks    uint64        // times that it was asked again because of a Doubt
	Credentials *Credentials  // what it shows to its catalog; nil when it shows nothing
	Load        *Load         // what it costs its catalog; nil when the provider does not count
}

// ServiceStatus says how the sources of one service are doing.
type ServiceStatus struct {
	Answer  Answer
	Stale   bool          // a source's last attempt failed
	Age     time.Duration // since the last completed answer of the source that is longest without one
	Sources []SourceStatus
}

// SourceStatus says how one source is doing.
type SourceStatus struct {
	Provider  string
	Query     Query
	Endpoints int           // before merging
	Ready     bool          // has data
	Stale     bool          // the last attempt failed
	Age       time.Duration // since the last completed answer; 0 before the first
	LastError error         // of the last attempt; nil after an answer
	Updates   uint64
	Errors    uint64
	Dropped   uint64
}

// Status returns the providers in the order of the plan. It costs the same however many services are
// watched. Safe to call concurrently, as all methods are.
func (c *Catalog) Status() []ProviderStatus {
	now := time.Now()
	c.mu.Lock()
	providers := slices.Clone(c.providers)
	statuses := make([]ProviderStatus, 0, len(providers))
	for _, p := range providers {
		statuses = append(statuses, p.status(now))
	}
	c.mu.Unlock()
	for i, p := range providers { // under no lock: what a provider does there is its own affair
		statuses[i].ask(p.provider, now)
	}
	return statuses
}

// status is read under the Catalog's lock.
func (p *provider) status(now time.Time) ProviderStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	status := ProviderStatus{
		Name:     p.name,
		Type:     p.plan.Type,
		Services: p.sums.services,
		Ready:    p.sums.unready == 0,
		Stale:    p.sums.stale > 0 || p.broken,
		Answered: !p.answered.IsZero() || p.local != nil,
		Updates:  p.updates,
		Errors:   p.errors,
		Dropped:  p.rejected,
		Rechecks: p.rechecks,
	}
	if !p.answered.IsZero() && p.local == nil {
		status.Age = now.Sub(p.answered)
	}
	if status.Stale {
		status.LastError = p.err
	}
	return status
}

// ask adds what the provider knows by itself, whether anything is watched or not.
func (s *ProviderStatus) ask(p Provider, now time.Time) {
	if r, ok := p.(Reachable); ok {
		s.reach(r, now)
	}
	if c, ok := p.(Credentialed); ok {
		credentials := c.Credentials()
		s.Credentials = &credentials
	}
	if m, ok := p.(Metered); ok {
		load := m.Load()
		s.Load = &load
	}
}

func (s *ProviderStatus) reach(r Reachable, now time.Time) {
	at, err := r.LastAnswer()
	if age := max(0, now.Sub(at)); !at.IsZero() && (!s.Answered || age < s.Age) {
		s.Answered, s.Age = true, age
	}
	if err != nil && !s.Stale {
		s.Stale, s.LastError = true, err
	}
}

// ServiceStatus returns how the sources of a service are doing, and false when it is not watched. It
// does not count as a use.
func (c *Catalog) ServiceStatus(name string) (ServiceStatus, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.lookup(name)
	if s == nil {
		return ServiceStatus{}, false
	}
	now := time.Now()
	status := ServiceStatus{Answer: Answer(s.phase.Load())}
	for _, src := range s.sources {
		one := src.status(now)
		status.Stale = status.Stale || one.Stale
		status.Age = max(status.Age, one.Age)
		status.Sources = append(status.Sources, one)
	}
	return status, true
}

func (src *source) status(now time.Time) SourceStatus {
	src.mu.Lock()
	defer src.mu.Unlock()
	return SourceStatus{
		Provider:  src.provider.name,
		Query:     src.query,
		Endpoints: len(src.endpoints),
		Ready:     src.fresh.known,
		Stale:     src.fresh.failing,
		Age:       src.fresh.age(now),
		LastError: src.fresh.err,
		Updates:   src.fresh.updates,
		Errors:    src.fresh.errors,
		Dropped:   src.fresh.dropped,
	}
}
