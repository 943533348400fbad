package grpcresolver

import (
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"

	"github.com/remora-agent/remora/client"
)

// Policy is the name of the balancing policy that calls go by: each to a backend that the client.Balancer
// selects among those that gRPC has a connection to, counted while it lasts, with its outcome told.
const Policy = "remora"

// gRPC finds policies in a table of the process, which may be written to at start only.
func init() { balancer.Register(policyBuilder{}) }

type policyBuilder struct{}

// Name implements balancer.Builder.
func (policyBuilder) Name() string { return Policy }

// Build implements balancer.Builder.
func (policyBuilder) Build(cc balancer.ClientConn, options balancer.BuildOptions) balancer.Balancer {
	p := &policy{}
	p.Balancer = base.NewBalancerBuilder(Policy, p, base.Config{}).Build(cc, options)
	return p
}

// policy keeps a connection to each backend, which is what the base balancer is for. gRPC calls its methods
// one at a time.
type policy struct {
	balancer.Balancer
	source *source
}

// source is where selections come from.
type source struct {
	balancer *client.Balancer
	service  string
}

// UpdateClientConnState implements balancer.Balancer.
func (p *policy) UpdateClientConnState(s balancer.ClientConnState) error {
	p.source, _ = s.ResolverState.Attributes.Value(sourceKey{}).(*source)
	return p.Balancer.UpdateClientConnState(s)
}

// Build implements base.PickerBuilder: it is called whenever a backend becomes ready or ceases to be.
func (p *policy) Build(info base.PickerBuildInfo) balancer.Picker {
	if p.source == nil {
		return base.NewErrPicker(errOtherResolver)
	}
	if len(info.ReadySCs) == 0 {
		return base.NewErrPicker(balancer.ErrNoSubConnAvailable)
	}
	ready := make(map[string]balancer.SubConn, len(info.ReadySCs))
	for conn, about := range info.ReadySCs {
		ready[about.Address.Addr] = conn
	}
	return &picker{source: p.source, ready: ready}
}
