package grpcresolver_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/remora-agent/remora/agent"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/grpcresolver"
)

// exampleHost is what the example runs on: an agent, and a gRPC server that it knows as the only backend of
// the service "web".
func exampleHost() (ctx context.Context, socket string, stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	folder, err := os.MkdirTemp("", "remora")
	check(err)
	socket = filepath.Join(folder, "r.sock")
	config := filepath.Join(folder, "remora.hcl")
	check(os.WriteFile(config, fmt.Appendf(nil, "log_level = \"error\"\napi {\n  socket = %q\n}\nservice \"web\" {\n  backend %q {}\n}\n",
		socket, listener.Addr()), 0o600))
	ctx, cancel := context.WithCancel(context.Background())
	running, err := agent.New(ctx, agent.Options{ConfigPaths: []string{config}, Stdout: io.Discard, Stderr: os.Stderr})
	check(err)
	var wait sync.WaitGroup
	wait.Go(func() { check(running.Run(ctx)) })
	wait.Go(func() { check(server.Serve(listener)) })
	return ctx, socket, func() {
		cancel()
		server.Stop()
		wait.Wait()
		check(os.RemoveAll(folder))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A gRPC client that has the name of a service in its target.
func ExampleNew() {
	ctx, socket, stop := exampleHost()
	defer stop()

	b, err := client.Open(ctx, socket, "web")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	conn, err := grpc.NewClient("remora:///web",
		grpc.WithResolvers(grpcresolver.New(b)),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	fmt.Println(answer.GetStatus(), err)
	// Output: SERVING <nil>
}
