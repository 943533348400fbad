package grpcresolver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/remora-agent/remora/agent"
	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/grpcresolver"
	"github.com/remora-agent/remora/client/wire"
)

// guard is how long anything may take before it counts as a hang.
const guard = time.Minute

// host is an agent in this process, and what talks to it.
type host struct {
	*client.Client
	t      testing.TB
	socket string
	ctx    context.Context
}

func startHost(t testing.TB) *host {
	t.Helper()
	folder, err := os.MkdirTemp("", "remora")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	h := &host{t: t, socket: filepath.Join(folder, "r.sock"), ctx: ctx}
	config := filepath.Join(folder, "remora.hcl")
	h.check(os.WriteFile(config, fmt.Appendf(nil, "log_level = \"error\"\napi {\n  socket = %q\n}\n", h.socket), 0o600))
	a, err := agent.New(ctx, agent.Options{ConfigPaths: []string{config}, Version: "test", Stdout: io.Discard, Stderr: os.Stderr})
	h.check(err)
	h.Client = client.New(h.socket)
	var running sync.WaitGroup
	running.Go(func() { _ = a.Run(ctx) })
	t.Cleanup(func() {
		h.Close()
		cancel()
		running.Wait()
		_ = os.RemoveAll(folder)
	})
	return h
}

func (h *host) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) register(service, strategy string, servers ...*server) {
	h.t.Helper()
	r := wire.Registration{Strategy: strategy}
	for _, s := range servers {
		r.Backends = append(r.Backends, wire.BackendSpec{Address: s.address, Weight: &s.weight})
	}
	h.check(h.Register(h.ctx, service, r))
}

func (h *host) open(service string) *client.Balancer {
	h.t.Helper()
	b, err := client.Open(h.ctx, h.socket, service)
	h.check(err)
	h.t.Cleanup(b.Close)
	return b
}

// dial returns a client of a service, closed before the balancer is.
func (h *host) dial(b *client.Balancer, service string) healthpb.HealthClient {
	h.t.Helper()
	conn, err := grpc.NewClient("remora:///"+service,
		grpc.WithResolvers(grpcresolver.New(b)),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	h.check(err)
	h.t.Cleanup(func() { _ = conn.Close() })
	return healthpb.NewHealthClient(conn)
}

// server is gRPC's health server.
type server struct {
	*grpc.Server
	health  *health.Server
	address string
	weight  int
}

func startServer(t testing.TB, weight int) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{grpc.NewServer(), health.NewServer(), listener.Addr().String(), weight}
	healthpb.RegisterHealthServer(s.Server, s.health)
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(listener) })
	t.Cleanup(func() {
		s.Stop()
		serving.Wait()
	})
	return s
}

// ask makes one call and returns the address of who answered.
func ask(ctx context.Context, c healthpb.HealthClient) (string, error) {
	var from peer.Peer
	_, err := c.Check(ctx, &healthpb.HealthCheckRequest{}, grpc.Peer(&from))
	if err != nil {
		return "", err
	}
	return from.Addr.String(), nil
}

func TestCallsFollowTheWeights(t *testing.T) {
	h := startHost(t)
	one, five := startServer(t, 1), startServer(t, 5)
	h.register("web", "round_robin", one, five)
	c := h.dial(h.open("web"), "web")
	h.connected(c, one, five)
	got := make(map[string]int)
	for range 60 {
		from, err := ask(h.ctx, c)
		h.check(err)
		got[from]++
	}
	if got[one.address] != 10 || got[five.address] != 50 {
		t.Errorf("60 calls went %v, want 10 and 50", got)
	}
}

// connected calls until all of the servers have answered.
func (h *host) connected(c healthpb.HealthClient, servers ...*server) {
	h.t.Helper()
	waiting := make(map[string]bool)
	for _, s := range servers {
		waiting[s.address] = true
	}
	for len(waiting) > 0 {
		from, err := ask(h.ctx, c)
		h.check(err)
		delete(waiting, from)
	}
}

// TestNoCallFailsWhileBackendsComeAndGo replaces every backend, one by one, as a deployment does.
func TestNoCallFailsWhileBackendsComeAndGo(t *testing.T) {
	h := startHost(t)
	servers := []*server{startServer(t, 1), startServer(t, 1), startServer(t, 1)}
	h.register("web", "least_connections", servers...)
	b := h.open("web")
	c := h.dial(b, "web")

	calling, cancel := context.WithCancel(h.ctx)
	var working sync.WaitGroup
	failed := make([]error, 4)
	for i := range failed {
		working.Go(func() {
			for calling.Err() == nil && failed[i] == nil {
				if _, err := ask(calling, c); calling.Err() == nil {
					failed[i] = err
				}
			}
		})
	}
	for range 4 {
		h.connected(c, servers...)
		next := startServer(t, 1)
		h.check(h.AddBackend(h.ctx, "web", wire.BackendSpec{Address: next.address}))
		h.check(h.SetAdmin(h.ctx, "web", servers[0].address, wire.AdminDrain))
		h.gone(b, servers[0])
		servers[0].GracefulStop()
		h.check(h.RemoveBackend(h.ctx, "web", servers[0].address))
		servers = append(servers[1:], next)
	}
	h.connected(c, servers...)
	cancel()
	working.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Error(err)
	}
}

// gone waits until the balancer selects the server no more.
func (h *host) gone(b *client.Balancer, s *server) {
	h.t.Helper()
	h.follow(b, func(eligible []balancer.Eligible) bool {
		for _, e := range eligible {
			if e.Address == s.address {
				return false
			}
		}
		return true
	})
}

func (h *host) follow(b *client.Balancer, ok func([]balancer.Eligible) bool) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	_ = b.Follow(ctx, "web", func(eligible []balancer.Eligible) {
		if ok(eligible) {
			cancel()
		}
	})
	h.check(h.ctx.Err())
}

func TestCallsAreCountedAndTheirOutcomesTold(t *testing.T) {
	h := startHost(t)
	s := startServer(t, 1)
	h.register("web", "round_robin", s)
	b := h.open("web")
	c := h.dial(b, "web")
	backend := func() balancer.BackendSnapshot {
		group, err := b.Snapshot("web")
		h.check(err)
		return group.Backends[0]
	}
	ctx, cancel := context.WithCancel(h.ctx)
	stream, err := c.Watch(ctx, &healthpb.HealthCheckRequest{})
	h.check(err)
	if _, err := stream.Recv(); err != nil || backend().ActiveConnections != 1 {
		t.Errorf("while a call is under way: %v, %+v", err, backend())
	}
	cancel()
	for err == nil {
		_, err = stream.Recv()
	}
	if got := backend(); got.ActiveConnections != 0 || got.ReportedFailures != 0 {
		t.Errorf("after a call that its caller ended: %+v", got)
	}
	_, err = c.Check(h.ctx, &healthpb.HealthCheckRequest{Service: "nobody"})
	if status.Code(err) != codes.NotFound || backend().ReportedFailures != 0 {
		t.Errorf("after %v, which is an answer: %+v", err, backend())
	}
	late, cancel := context.WithTimeout(h.ctx, 10*time.Millisecond)
	defer cancel()
	stream, err = c.Watch(late, &healthpb.HealthCheckRequest{})
	for err == nil {
		_, err = stream.Recv()
	}
	if got := backend(); status.Code(err) != codes.DeadlineExceeded || got.ActiveConnections != 0 || got.ReportedFailures != 1 {
		t.Errorf("after %v: %+v", err, got)
	}
}

func TestCallsGoAroundBackendsWithoutAConnection(t *testing.T) {
	h := startHost(t)
	up, down := startServer(t, 1), startServer(t, 1)
	down.Stop()
	h.register("web", "round_robin", up, down)
	c := h.dial(h.open("web"), "web")
	for range 10 {
		if from, err := ask(h.ctx, c); err != nil || from != up.address {
			t.Errorf("got %q, %v", from, err)
		}
	}
}

func TestNoBackendIsAnErrorUntilThereIsOne(t *testing.T) {
	h := startHost(t)
	s := startServer(t, 1)
	h.register("web", "round_robin", s)
	h.check(h.SetAdmin(h.ctx, "web", s.address, wire.AdminDrain))
	c := h.dial(h.open("web"), "web")
	if _, err := ask(h.ctx, c); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v from a service without a backend", err)
	}
	h.check(h.SetAdmin(h.ctx, "web", s.address, wire.AdminReady))
	_, err := c.Check(h.ctx, &healthpb.HealthCheckRequest{}, grpc.WaitForReady(true))
	h.check(err)
}

func TestKeysChooseTheBackend(t *testing.T) {
	h := startHost(t)
	one, other := startServer(t, 1), startServer(t, 1)
	h.register("web", "rendezvous", one, other)
	b := h.open("web")
	c := h.dial(b, "web")
	if _, err := ask(h.ctx, c); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v without a key", err)
	}
	for i := range 8 {
		key := fmt.Sprint("user-", i)
		want, err := b.SelectWith("web", balancer.Pick{Key: key})
		h.check(err)
		for got := ""; got != want.Address(); { // until the connection to it is ready
			got, err = ask(client.WithKey(h.ctx, key), c)
			h.check(err)
		}
	}
}

func TestServicesThatAreNotOpenAreRefused(t *testing.T) {
	h := startHost(t)
	h.register("web", "round_robin")
	_, err := ask(h.ctx, h.dial(h.open("web"), "nope"))
	if err == nil || !strings.Contains(err.Error(), `the balancer was opened with ["web"]`) {
		t.Errorf("got %v", err)
	}
}
