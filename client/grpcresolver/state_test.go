package grpcresolver_test

import (
	"net/url"
	"testing"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"

	"github.com/remora-agent/remora/client/grpcresolver"
	"github.com/remora-agent/remora/client/wire"
)

// states is a gRPC connection that shows what it is told.
type states struct {
	resolver.ClientConn // its other methods are not called
	told                chan resolver.State
}

func (s states) UpdateState(state resolver.State) error {
	s.told <- state
	return nil
}

func (states) ParseServiceConfig(config string) *serviceconfig.ParseResult {
	return &serviceconfig.ParseResult{}
}

// TestStatesHaveTheWeights follows what a balancing policy of somebody else would be given.
func TestStatesHaveTheWeights(t *testing.T) {
	h := startHost(t)
	one, five := &server{address: "10.0.0.1:80", weight: 1}, &server{address: "10.0.0.2:80", weight: 5}
	h.register("web", "round_robin", one, five)
	s := states{told: make(chan resolver.State, 100)}
	following, err := grpcresolver.New(h.open("web")).Build(
		resolver.Target{URL: url.URL{Scheme: grpcresolver.Scheme, Path: "/web"}}, s, resolver.BuildOptions{})
	h.check(err)
	defer following.Close()
	want := func(weights map[string]float64) {
		t.Helper()
		state := <-s.told
		for len(state.Endpoints) != len(weights) { // an earlier one
			state = <-s.told
		}
		for i, e := range state.Endpoints {
			weight, ok := grpcresolver.WeightOf(e)
			address := e.Addresses[0].Addr
			if !ok || weight != weights[address] || state.Addresses[i].Addr != address {
				t.Errorf("%s has weight %v, want %v", address, weight, weights[address])
			}
		}
	}
	want(map[string]float64{one.address: 1, five.address: 5})
	three := 3
	h.check(h.AddBackend(h.ctx, "web", wire.BackendSpec{Address: "10.0.0.3:80", Weight: &three}))
	want(map[string]float64{one.address: 1, five.address: 5, "10.0.0.3:80": 3})
	h.check(h.SetAdmin(h.ctx, "web", one.address, wire.AdminDrain))
	want(map[string]float64{five.address: 5, "10.0.0.3:80": 3})
	following.ResolveNow(resolver.ResolveNowOptions{})
	if _, ok := grpcresolver.WeightOf(resolver.Endpoint{}); ok {
		t.Error("an endpoint of another resolver has a weight")
	}
}
