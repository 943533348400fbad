// Package grpcresolver lets gRPC clients reach services by the names that the Remora agent knows them by:
//
//	b, err := client.Open(ctx, "/run/remora/remora.sock", "web")
//	conn, err := grpc.NewClient("remora:///web", grpc.WithResolvers(grpcresolver.New(b)), …)
//
// The resolver hands gRPC the backends that may be used, each with its weight (see [WeightOf]), and
// follows every change. It also asks for the balancing policy of this package, [Policy], which chooses for
// each call as the agent would, by the service's own strategy, and tells the agent how calls went. A
// client that would rather use a policy of gRPC's asks for it with grpc.WithDisableServiceConfig and
// grpc.WithDefaultServiceConfig.
//
// It is apart from package client so that programs without gRPC do not link it.
package grpcresolver
