package agent

import (
	"fmt"
	"reflect"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/consul"
	"github.com/remora-agent/remora/discovery/etcd"
	"github.com/remora-agent/remora/discovery/static"
)

// providers makes what the configuration names and keeps it over reloads as long as its settings
// stay, so that a reload loses no watch.
type providers struct {
	log    hclog.Logger
	static *static.Provider
	made   map[string]made
}

// made is a provider and the settings that it was made from.
type made struct {
	settings config.Provider
	provider discovery.Provider
}

func newProviders(log hclog.Logger) *providers {
	return &providers{log: log, static: static.New(), made: make(map[string]made)}
}

// makeAll returns the providers of a configuration without putting them into use.
func (p *providers) makeAll(c *config.Config) (map[string]made, error) {
	all := make(map[string]made, len(c.Providers))
	for _, settings := range c.Providers {
		if old, ok := p.made[settings.Name]; ok && sameProvider(old.settings, settings) {
			all[settings.Name] = made{settings, old.provider}
			continue
		}
		provider, err := p.make(settings)
		if err != nil {
			return nil, fmt.Errorf("make provider %q: %w", settings.Name, err)
		}
		all[settings.Name] = made{settings, provider}
	}
	return all, nil
}

// sameProvider compares how to reach the catalog; what is imported of it may change in place.
func sameProvider(a, b config.Provider) bool {
	return a.Type == b.Type && reflect.DeepEqual(a.Etcd, b.Etcd) && reflect.DeepEqual(a.Consul, b.Consul)
}

// make is the table of provider types.
func (p *providers) make(settings config.Provider) (discovery.Provider, error) {
	log := p.log.Named("discovery").Named(settings.Name)
	switch settings.Type {
	case "etcd":
		return makeEtcd(settings.Etcd, log)
	case "consul":
		return makeConsul(settings.Consul, log)
	default:
		return nil, fmt.Errorf("there is no type %q, only consul and etcd", settings.Type)
	}
}

func makeEtcd(settings *config.Etcd, log hclog.Logger) (discovery.Provider, error) {
	c := etcd.Config{
		Endpoints:    settings.Endpoints,
		Prefix:       settings.Prefix,
		Username:     settings.Username,
		Password:     settings.Password.Reveal(),
		PasswordFile: settings.PasswordFile,
	}
	if t := settings.TLS; t != nil {
		c.TLS = &etcd.TLS{
			CAFile:             t.CAFile,
			CertFile:           t.CertFile,
			KeyFile:            t.KeyFile,
			ServerName:         t.ServerName,
			InsecureSkipVerify: t.InsecureSkipVerify,
		}
	}
	return etcd.New(c, log)
}

func makeConsul(settings *config.Consul, log hclog.Logger) (discovery.Provider, error) {
	c := consul.Config{
		Address:        settings.Address,
		Token:          settings.Token.Reveal(),
		TokenFile:      settings.TokenFile,
		Datacenter:     settings.Datacenter,
		Namespace:      settings.Namespace,
		Stale:          settings.Stale,
		MaxConnections: settings.MaxConnections,
		MaxBodyBytes:   int64(settings.MaxBodyBytes),
	}
	if t := settings.TLS; t != nil {
		c.TLS = &consul.TLS{
			CAFile:             t.CAFile,
			CertFile:           t.CertFile,
			KeyFile:            t.KeyFile,
			ServerName:         t.ServerName,
			InsecureSkipVerify: t.InsecureSkipVerify,
		}
	}
	return consul.New(c, log)
}

// planOf says what the catalog has to do.
func (p *providers) planOf(c *config.Config, all map[string]made) discovery.Plan {
	plan := discovery.Plan{
		Providers: []discovery.ProviderPlan{{Name: config.SourceStatic, Type: config.SourceStatic, Provider: p.static}},
		HoldDown:  holdDown(c.Defaults.Balance),
	}
	for _, settings := range c.Providers {
		plan.Providers = append(plan.Providers, discovery.ProviderPlan{
			Name:        settings.Name,
			Type:        settings.Type,
			Scope:       scopeOf(settings),
			Provider:    all[settings.Name].provider,
			Services:    settings.Services,
			Import:      imports[settings.Import],
			IdleTimeout: settings.IdleTimeout,
		})
	}
	for _, s := range c.Services {
		plan.Services = append(plan.Services, discovery.ServicePlan{Name: s.Name, Sources: sourcesOf(s, all), HoldDown: holdDown(s.Balance)})
	}
	return plan
}

// holdDown is how long withdrawn backends are held; 0: not at all.
func holdDown(b config.Balance) time.Duration {
	if b.OnEmpty == config.EmptyAccept {
		return 0
	}
	return b.HoldDown
}

// scopeOf is which part of its catalog a provider shows, however it is reached.
func scopeOf(p config.Provider) string {
	switch {
	case p.Etcd != nil:
		return p.Etcd.Prefix
	case p.Consul != nil:
		return fmt.Sprintf("%q %q", p.Consul.Datacenter, p.Consul.Namespace)
	default:
		return ""
	}
}

var imports = map[string]discovery.Import{
	config.ImportOnDemand: discovery.ImportOnDemand,
	config.ImportAll:      discovery.ImportAll,
}

// sourcesOf leaves a filter to Consul where it is Consul's.
func sourcesOf(s config.Service, all map[string]made) []discovery.SourcePlan {
	sources := make([]discovery.SourcePlan, len(s.Sources))
	for i, source := range s.Sources {
		plan := discovery.SourcePlan{
			Provider: source.Provider,
			Priority: source.Priority,
			Query: discovery.Query{
				Service:    s.Name,
				Name:       source.Name,
				Tags:       source.Tags,
				Datacenter: source.Datacenter,
				Namespace:  source.Namespace,
				Stale:      source.Stale,
			},
		}
		if all[source.Provider].settings.Type == "consul" {
			plan.Query.Filter = source.Filter
		} else {
			plan.Filter = source.Filter
		}
		sources[i] = plan
	}
	return sources
}

// staticOf gives the backends that the configuration itself lists.
func staticOf(c *config.Config) map[string][]discovery.Endpoint {
	lists := make(map[string][]discovery.Endpoint)
	for _, s := range c.Services {
		if len(s.Backends) > 0 {
			lists[s.Name] = s.Backends
		}
	}
	return lists
}
