package discovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Memory is what a Catalog knows of one service, to be kept over a restart.
type Memory struct {
	Service string
	Idle    time.Duration // since anybody asked for it, where that decides how long it is watched
	Sources []SourceMemory
}

// SourceMemory is the last good list of one source.
type SourceMemory struct {
	Provider  string
	Identity  string        // of what the source asks for: another source's list means nothing to it
	Age       time.Duration // since the last completed answer
	Endpoints []Endpoint    // not to be written to
}

// errRecalled is why a source is stale that knows what it knows from before a restart.
var errRecalled = errors.New("known from before the restart; the catalog has not answered since")

// Names returns the services that are watched, in no order.
func (c *Catalog) Names() []string {
	var names []string
	c.services.Range(func(name, _ any) bool {
		names = append(names, name.(string))
		return true
	})
	return names
}

// Remember returns what is known of a service; false when that is nothing. What is inside this process,
// such as the backends of the configuration, needs no remembering. What is held is remembered as listed.
// It does not count as a use.
func (c *Catalog) Remember(name string) (Memory, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.lookup(name)
	if s == nil {
		return Memory{}, false
	}
	now, m, known := time.Now(), Memory{Service: name}, 0
	for _, src := range s.sources {
		if one, ok := src.remember(now); ok {
			if len(m.Sources) == 0 { // as if it was listed still: the next agent sees it withdrawn, and holds it
				one.Endpoints = slices.Concat(one.Endpoints, s.held)
			}
			m.Sources = append(m.Sources, one)
			known += len(one.Endpoints)
		}
	}
	if s.origin == demanded {
		if known == 0 {
			return Memory{}, false // somebody asked for what nobody offers
		}
		if !s.asked.Load() {
			m.Idle = max(0, now.Sub(s.used))
		}
	}
	return m, len(m.Sources) > 0
}

func (src *source) remember(now time.Time) (SourceMemory, bool) {
	if src.provider.local != nil {
		return SourceMemory{}, false
	}
	identity := src.identity()
	src.mu.Lock()
	defer src.mu.Unlock()
	return SourceMemory{src.provider.name, identity, max(0, src.fresh.age(now)), src.endpoints}, src.fresh.known
}

// identity says what a source asks for and of whom, in one text. The caller holds the Catalog's lock.
func (src *source) identity() string { return src.provider.identity(src.query, src.shape) }

// identity is short for the plain case, which is the usual one.
func (p *provider) identity(q Query, s shape) string {
	if q.equal(Query{Service: q.Service, Name: q.Service}) && s.equal(shape{}) {
		return p.plan.Type + " " + p.plan.Scope
	}
	return fmt.Sprintf("%s %s %q %q %q %q %q %v %q %d",
		p.plan.Type, p.plan.Scope, q.Name, q.Tags, q.Datacenter, q.Namespace, q.Filter, q.Stale, s.filter.String(), s.priority)
}

// Recall takes over what was remembered before a restart. To be called after the first Configure, and
// best before Run. A list becomes the last good one of its source, if there is still one that asks for the
// same: its service is stale until the catalog answers, and the answer is compared with it. Services on
// demand that were in use are watched again, and so are those of a list of services (import = "all"),
// until the list is there. What the plan says otherwise counts.
func (c *Catalog) Recall(memories []Memory) {
	c.recallAll(memories, time.Now())
	c.flush()
}

func (c *Catalog) recallAll(memories []Memory, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.providers {
		if p.listing != nil && !p.listing.known {
			c.recallList(p, memories, now)
		}
	}
	for i := range memories {
		c.recall(&memories[i], now)
	}
}

// recallList makes the services that a provider had listed its list for the time being. That is not known
// to be all of it: what is not in it may yet come.
func (c *Catalog) recallList(p *provider, memories []Memory, now time.Time) {
	var answered time.Time
	for i := range memories {
		m := &memories[i]
		if at := m.find(p.name, p.identity(Query{Service: m.Service, Name: m.Service}, shape{})); at != nil && CheckServiceName(m.Service) == nil {
			p.listing.names = append(p.listing.names, m.Service)
			answered = latest(answered, now.Add(-at.Age))
		}
	}
	slices.Sort(p.listing.names)
	p.listing.names = slices.Compact(p.listing.names)
	if len(p.listing.names) > 0 {
		p.listing.mu.Lock()
		defer p.listing.mu.Unlock()
		p.listing.fresh.recollect(answered)
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (m *Memory) find(provider, identity string) *SourceMemory {
	for i := range m.Sources {
		if s := &m.Sources[i]; s.Provider == provider && s.Identity == identity {
			return s
		}
	}
	return nil
}

// recall gives one service back what is remembered of it, and begins to watch it if need be.
func (c *Catalog) recall(m *Memory, now time.Time) {
	s := c.lookup(m.Service)
	if s == nil {
		r := c.resolve(m.Service)
		if CheckServiceName(m.Service) != nil || !m.fits(r) || r.origin == demanded && len(c.onDemand) >= c.limit {
			return
		}
		s = c.open(m.Service, r)
	}
	recalled := 0 // endpoints: without any, the Consumer may hear nothing yet
	for _, src := range s.sources {
		if one := m.find(src.provider.name, src.identity()); one != nil {
			recalled += src.recollect(one, now)
		}
	}
	if s.origin == demanded {
		s.used = now.Add(-max(0, m.Idle))
	}
	if recalled > 0 {
		c.queue.push(s)
		c.recalled = append(c.recalled, s)
	}
}

// AwaitRecalled returns once the Consumer has all that Recall took over, or ctx ends. To be called once,
// while Run is running.
func (c *Catalog) AwaitRecalled(ctx context.Context) {
	c.mu.Lock()
	recalled := c.recalled
	c.recalled = nil
	c.mu.Unlock()
	for _, s := range recalled {
		select {
		case <-c.decided(s):
		case <-ctx.Done():
			return
		}
	}
}

// decided returns a channel that is closed once it is known what is to be known of a service now.
func (c *Catalog) decided(s *service) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if Answer(s.phase.Load()) != Pending {
		return closed
	}
	return lazily(&s.decided)
}

// fits says whether a source of the route is one that is remembered.
func (m *Memory) fits(r route) bool {
	return slices.ContainsFunc(r.wants, func(w want) bool {
		return m.find(w.provider.name, w.provider.identity(w.query, w.shape)) != nil
	})
}

// recollect makes what is remembered the last good list, unless there is a newer one, and returns how many
// endpoints that makes.
func (src *source) recollect(m *SourceMemory, now time.Time) int {
	list := Clean(slices.Clone(m.Endpoints)).Endpoints
	src.mu.Lock()
	defer src.mu.Unlock()
	if src.fresh.known || !src.fresh.live {
		return 0
	}
	src.endpoints = list
	src.fresh.recollect(now.Add(-max(0, m.Age)))
	return len(list)
}

// recollect notes that there is something from before a restart, last known to be good at that moment. It
// is no failure, and counts as none; but as long as the catalog has not answered, it is stale.
func (f *freshness) recollect(at time.Time) {
	f.answered, f.err, f.recalled = at, errRecalled, true
	f.provider.noteRecalled(at)
	f.change(func() { f.known, f.failing = true, true })
}

func (p *provider) noteRecalled(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance(at)
	if p.err == nil {
		p.err = errRecalled
	}
}
