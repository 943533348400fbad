package grpcresolver

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/grpc/attributes"
	"google.golang.org/grpc/resolver"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
)

// Scheme is what targets begin with: remora:///web.
const Scheme = "remora"

// New returns the resolver of the services that b was opened with, for grpc.WithResolvers. Connections made
// with it must be closed before b. It is safe for concurrent use.
func New(b *client.Balancer) resolver.Builder { return &builder{b} }

type builder struct{ balancer *client.Balancer }

var _ resolver.Builder = (*builder)(nil)

// Scheme implements resolver.Builder.
func (*builder) Scheme() string { return Scheme }

// Build implements resolver.Builder.
func (b *builder) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	service := target.Endpoint()
	if !slices.Contains(b.balancer.Services(), service) {
		return nil, fmt.Errorf("resolve %s: the balancer was opened with %q", target.String(), b.balancer.Services())
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &following{
		conn:   cc,
		source: &source{b.balancer, service},
		cancel: cancel,
	}
	f.running.Go(func() { _ = b.balancer.Follow(ctx, service, f.update) }) // ends with ctx alone
	return f, nil
}

// following is the resolver of one connection of gRPC's.
type following struct {
	conn    resolver.ClientConn
	source  *source
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// serviceConfig asks for our policy.
const serviceConfig = `{"loadBalancingConfig":[{"` + Policy + `":{}}]}`

// update hands gRPC the backends of now.
func (f *following) update(eligible []balancer.Eligible) {
	state := resolver.State{
		ServiceConfig: f.conn.ParseServiceConfig(serviceConfig),
		Attributes:    attributes.New(sourceKey{}, f.source),
	}
	for _, e := range eligible {
		address := resolver.Address{Addr: e.Address}
		state.Addresses = append(state.Addresses, address)
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{
			Addresses:  []resolver.Address{address},
			Attributes: attributes.New(weightKey{}, e.Weight),
		})
	}
	_ = f.conn.UpdateState(state) // asking again would get the same: the next change is followed anyway
}

// ResolveNow implements resolver.Resolver: there is never anything newer than what was handed over.
func (*following) ResolveNow(resolver.ResolveNowOptions) {}

// Close implements resolver.Resolver.
func (f *following) Close() {
	f.cancel()
	f.running.Wait()
}

type (
	weightKey struct{}
	sourceKey struct{}
)

// WeightOf is the weight that the resolver gave an endpoint, for balancing policies that look at it: as in
// the catalog, and less in slow start. False for endpoints of other resolvers.
func WeightOf(e resolver.Endpoint) (weight float64, ok bool) {
	weight, ok = e.Attributes.Value(weightKey{}).(float64)
	return weight, ok
}
