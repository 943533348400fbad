package agent

import (
	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/balancer/outlier"
	"github.com/remora-agent/remora/health/damping"
)

// policies is how the configuration wants services to be treated.
type policies struct {
	config   *config.Config
	services map[string]config.Service
}

func policiesOf(c *config.Config) policies {
	p := policies{config: c, services: make(map[string]config.Service, len(c.Services))}
	for _, s := range c.Services {
		p.services[s.Name] = s
	}
	return p
}

func (p policies) configured(service string) bool {
	_, ok := p.services[service]
	return ok
}

func (p policies) check(service string) *config.HealthCheck {
	if s, ok := p.services[service]; ok {
		return s.HealthCheck
	}
	return p.config.Defaults.HealthCheck
}

func (p policies) settings(service string) balancer.Settings {
	if s, ok := p.services[service]; ok {
		return p.config.Settings(s.Balance)
	}
	return p.config.Settings(p.config.Defaults.Balance)
}

// settingsFor is settings for a service whose strategy somebody chose over the API.
func (p policies) settingsFor(strategy string) balancer.Settings {
	return p.config.Settings(p.config.Defaults.For(strategy))
}

// settingsOf is what a service of the API has, for which somebody may have chosen a strategy.
func (p policies) settingsOf(service, strategy string) balancer.Settings {
	if strategy == "" {
		return p.settings(service)
	}
	return p.settingsFor(strategy)
}

// outliers is how outlier detection judges the service's backends; nil: not at all.
func (p policies) outliers(service string) *outlier.Settings {
	if s, ok := p.services[service]; ok {
		return s.Outliers
	}
	return p.config.Defaults.Outliers
}

// damping is how the service's backends are held down when they flap.
func (p policies) damping(service string) damping.Settings {
	if s, ok := p.services[service]; ok {
		return s.FlapDamping
	}
	return p.config.Defaults.FlapDamping
}
