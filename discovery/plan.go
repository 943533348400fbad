package discovery

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"
)

// Import says which of the services that its globs permit a provider watches.
type Import uint8

// The ways to import.
const (
	ImportOnDemand Import = iota // those that somebody asks for
	ImportAll                    // all that the catalog holds; needs a Lister
)

// DefaultIdleTimeout is how long a service that nobody asks for stays watched.
const DefaultIdleTimeout = time.Hour

// Plan is everything a Catalog is told to do. It is data: the Catalog changes nothing in it, and the
// caller changes nothing in it once it was handed over.
type Plan struct {
	Providers []ProviderPlan // earlier ones win over later ones
	Services  []ServicePlan  // always watched; these win over all globs

	// HoldDown is how long members of services that only globs permit are held when so many were
	// withdrawn at once that it may be a mistake; 0: not at all. See Held.
	HoldDown time.Duration
}

// ProviderPlan describes one provider.
type ProviderPlan struct {
	Name        string        // unique
	Type        string        // for people: "etcd", "consul", "static"
	Scope       string        // which part of the catalog it shows: what is remembered of another means nothing
	Provider    Provider      // a pointer: the same one in the next plan keeps running
	Services    []string      // globs; '*' is any run of characters, "/" included, '?' one character
	Import      Import        // how the services that the globs permit are imported
	IdleTimeout time.Duration // of services on demand; DefaultIdleTimeout when 0
}

// ServicePlan describes one service that is always watched.
type ServicePlan struct {
	Name    string
	Sources []SourcePlan // at least one; the first wins a tie

	HoldDown time.Duration // as that of the Plan, which does not count here
}

// SourcePlan is one source of a service.
type SourcePlan struct {
	Provider string // its name
	Query    Query  // Service and Name are the service's own name where empty
	Filter   string // an expression that CompileFilter takes: only endpoints that match; empty means all
	Priority int    // of endpoints that have none of their own, 0 to MaxPriority
}

// CheckServiceName says what is wrong with the name of a service, if anything: a name is UTF-8, has 1
// to 253 bytes and is not "." or "..".
func CheckServiceName(name string) error {
	switch {
	case name == "" || len(name) > 253:
		return fmt.Errorf("check service name %.40q: it has %d bytes, 1 to 253 are allowed", name, len(name))
	case name == "." || name == "..":
		return fmt.Errorf("check service name %q: not allowed, because paths give it a meaning", name)
	case !utf8.ValidString(name):
		return fmt.Errorf("check service name %q: it is not UTF-8", name)
	}
	return nil
}

// Check returns all faults of the plan; nil when Configure would put it into force.
func (p Plan) Check() error { return p.check(make(map[string]*Filter)) }

// check puts the filters of the plan into filters, each expression compiled once.
func (p Plan) check(filters map[string]*Filter) error {
	var faults []error
	providers := make(map[string]bool, len(p.Providers))
	for _, provider := range p.Providers {
		faults = append(faults, provider.check(providers))
		providers[provider.Name] = true
	}
	services := make(map[string]bool, len(p.Services))
	for _, service := range p.Services {
		faults = append(faults, service.check(services, providers, filters))
		services[service.Name] = true
	}
	return errors.Join(faults...)
}

func (p ProviderPlan) check(earlier map[string]bool) error {
	_, lists := p.Provider.(Lister)
	switch {
	case p.Name == "":
		return errors.New("a provider has no name")
	case earlier[p.Name]:
		return fmt.Errorf("provider %q is there twice", p.Name)
	case p.Provider == nil:
		return fmt.Errorf("provider %q is nil", p.Name)
	case !reflect.TypeOf(p.Provider).Comparable():
		return fmt.Errorf("provider %q is a %T, which is no pointer", p.Name, p.Provider)
	case p.Import == ImportAll && !lists:
		return fmt.Errorf("provider %q can't import all services: it does not list them", p.Name)
	}
	return nil
}

func (s ServicePlan) check(earlier, providers map[string]bool, filters map[string]*Filter) error {
	if err := CheckServiceName(s.Name); err != nil {
		return err
	}
	if earlier[s.Name] {
		return fmt.Errorf("service %q is there twice", s.Name)
	}
	if len(s.Sources) == 0 {
		return fmt.Errorf("service %q has no source", s.Name)
	}
	for i, source := range s.Sources {
		if !providers[source.Provider] {
			return fmt.Errorf("service %q: there is no provider %q", s.Name, source.Provider)
		}
		if slices.ContainsFunc(s.Sources[:i], source.equal) {
			return fmt.Errorf("service %q has a source of provider %q twice", s.Name, source.Provider)
		}
		if err := source.check(filters); err != nil {
			return fmt.Errorf("service %q: source of provider %q: %w", s.Name, source.Provider, err)
		}
	}
	return nil
}

// query returns the source's query with its defaults.
func (s SourcePlan) query(service string) Query {
	q := s.Query
	if q.Service == "" {
		q.Service = service
	}
	if q.Name == "" {
		q.Name = service
	}
	return q
}

func (s SourcePlan) equal(other SourcePlan) bool {
	return s.Provider == other.Provider && s.Query.equal(other.Query) && s.Filter == other.Filter && s.Priority == other.Priority
}

func (s SourcePlan) check(filters map[string]*Filter) error {
	if err := CheckPriority(s.Priority); err != nil {
		return err
	}
	if s.Filter == "" || filters[s.Filter] != nil {
		return nil
	}
	filter, err := CompileFilter(s.Filter)
	if err != nil {
		return err
	}
	filters[s.Filter] = filter
	return nil
}
