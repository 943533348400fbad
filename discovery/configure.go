package discovery

import (
	"errors"
	"fmt"
)

// Configure puts a plan into force, whole or not at all; the error names every fault. A provider that
// was there before under the same name with the same pointer keeps running, and a source that did not
// change keeps its watch and its snapshot. A service whose sources changed keeps its endpoints until
// the new sources have data.
func (c *Catalog) Configure(plan Plan) error {
	filters := make(map[string]*Filter)
	if err := plan.check(filters); err != nil {
		return fmt.Errorf("configure catalog: %w", err)
	}
	c.mu.Lock()
	if c.phase == ended {
		c.mu.Unlock()
		return errors.New("configure catalog: it has stopped")
	}
	c.filters = filters
	c.adopt(plan)
	c.mu.Unlock()
	c.flush()
	return nil
}

func (c *Catalog) adopt(plan Plan) {
	retired := c.setProviders(plan.Providers)
	c.explicit = make(map[string]ServicePlan, len(plan.Services))
	for _, s := range plan.Services {
		c.explicit[s.Name] = s
	}
	c.holdDown = plan.HoldDown
	c.services.Range(func(name, value any) bool {
		c.reroute(name.(string))
		if s := value.(*service); s.holdDown != c.holdDownOf(s.name) {
			c.queue.push(s)
		}
		return true
	})
	for _, s := range plan.Services {
		if c.lookup(s.Name) == nil {
			c.reroute(s.Name)
		}
	}
	c.rerouteListed()
	for _, p := range retired { // after their sources, which reroute has stopped
		c.retire(p)
	}
	c.wakeListed()
}

// setProviders replaces the providers, keeps those that stay, and returns those that must go.
func (c *Catalog) setProviders(plans []ProviderPlan) (retired []*provider) {
	gone := make(map[string]*provider, len(c.providers))
	for _, p := range c.providers {
		gone[p.name] = p
	}
	c.providers = make([]*provider, 0, len(plans))
	for _, plan := range plans {
		p := gone[plan.Name]
		if p != nil && p.provider == plan.Provider {
			delete(gone, plan.Name)
		} else {
			p = c.launch(plan)
		}
		p.plan = plan
		c.setListing(p)
		c.providers = append(c.providers, p)
	}
	for _, p := range gone {
		retired = append(retired, p)
	}
	return retired
}

// launch starts a provider that is new.
func (c *Catalog) launch(plan ProviderPlan) *provider {
	p := newProvider(plan, c.log)
	if runner, ok := p.provider.(Runner); ok {
		c.later = append(c.later, func() { p.start(c, runner) })
	}
	return p
}

// setListing starts or ends following what the provider's catalog holds.
func (c *Catalog) setListing(p *provider) {
	switch all := p.plan.Import == ImportAll; {
	case all && p.listing == nil:
		p.listing = newListing(c, p)
		c.later = append(c.later, p.listing.start)
	case !all && p.listing != nil:
		c.later = append(c.later, p.listing.stop)
		p.listing = nil
	}
}

func (c *Catalog) rerouteListed() {
	for _, p := range c.providers {
		if p.listing == nil {
			continue
		}
		for _, name := range p.listing.names {
			if p.permits(name) && c.lookup(name) == nil {
				c.reroute(name)
			}
		}
	}
}

// retire ends a provider whose sources have been told to stop.
func (c *Catalog) retire(p *provider) {
	if p.listing != nil {
		c.later = append(c.later, p.listing.stop)
		p.listing = nil
	}
	c.later = append(c.later, p.running.stop)
}
