package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/discovery"
)

// demoService is the service of development mode, devSocket its socket when nothing else is said.
const (
	demoService = "demo"
	devSocket   = "./remora.sock"
)

// load reads the configuration as the command line wants it.
func (a *Agent) load() (*config.Config, error) {
	c, err := LoadConfig(a.options.ConfigPaths...)
	if err != nil {
		return nil, err
	}
	if a.demo != nil {
		if len(a.options.ConfigPaths) == 0 {
			c.API.Socket = devSocket
		}
		c.Services = append(slices.Clone(c.Services), demoConfig(a.demo.Addresses()))
	}
	if a.options.Socket != "" {
		c.API.Socket = a.options.Socket
	}
	return c, nil
}

// demoConfig is the service that development mode adds.
func demoConfig(addresses []string) config.Service {
	s := config.Service{
		Name:    demoService,
		Balance: config.Balance{Strategy: string(balancer.RoundRobin)},
		Sources: []config.Source{{Provider: config.SourceStatic, Name: demoService}},
		HealthCheck: &config.HealthCheck{
			Type:               "http",
			Method:             "GET",
			Path:               "/health",
			ExpectedStatus:     "200",
			Interval:           time.Second,
			Timeout:            time.Second,
			HealthyThreshold:   1,
			UnhealthyThreshold: 1,
		},
	}
	for i, address := range addresses {
		s.Backends = append(s.Backends, discovery.Endpoint{
			Address: address,
			ID:      fmt.Sprintf("demo-%d", i+1),
			Weight:  discovery.DefaultWeight,
		})
	}
	return s
}

// greet prints what to try, once it works.
func (a *Agent) greet(ctx context.Context) error {
	if _, err := a.catalog.Wait(ctx, demoService); err != nil {
		return err
	}
	socket, address := a.config.Load().API.Socket, a.demo.Addresses()[0]
	_, _ = fmt.Fprintf(a.options.Stdout, `
Remora is ready in development mode. In another terminal, in this folder, try:

  curl --unix-socket %[1]s http://remora/v1/select/demo
  bin/remora show demo -socket %[1]s
  bin/remora drain demo %[2]s -socket %[1]s

Ctrl-C ends it.

`, socket, address) // nobody who reads it is no reason to end
	return nil
}
