package client_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
)

func TestDialContext(t *testing.T) {
	a := startAgent(t, "")
	up := webServer(t)
	a.register("web", "round_robin", closedPort(t), up.Addr, closedPort(t))
	a.register("down", "round_robin", closedPort(t))
	b := a.open("web", "down")
	active := func() (total int) {
		group, err := b.Snapshot("web")
		a.check(err)
		for _, backend := range group.Backends {
			total += backend.ActiveConnections
		}
		return total
	}
	for _, address := range []string{"web", "web:80"} {
		conn, err := b.DialContext(a.ctx(), "tcp", address)
		a.check(err)
		if got := conn.RemoteAddr().String(); got != up.Addr || active() != 1 {
			t.Errorf("connected to %s with %d connections, want %s and 1", got, active(), up.Addr)
		}
		if _, ok := conn.(interface{ CloseWrite() error }); !ok {
			t.Error("the connection can't be closed for writing")
		}
		a.check(conn.Close())
		_ = conn.Close()
		if got := active(); got != 0 {
			t.Errorf("after Close %d connections count", got)
		}
	}
	var refused *net.OpError
	if _, err := b.DialContext(a.ctx(), "tcp", "down"); !errors.As(err, &refused) {
		t.Errorf("got %v where nobody listens", err)
	}
	if _, err := b.DialContext(a.ctx(), "tcp", "nope"); !errors.Is(err, balancer.ErrUnknownService) {
		t.Errorf("got %v from a service that is not known", err)
	}
}

// TestGivingUpBlamesNobody dials under a context that has been cancelled.
func TestGivingUpBlamesNobody(t *testing.T) {
	a := startAgent(t, "")
	a.register("web", "round_robin", closedPort(t))
	b := a.open("web")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.DialContext(ctx, "tcp", "web"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	group, err := b.Snapshot("web")
	a.check(err)
	if got := group.Backends[0]; got.ReportedFailures != 0 || got.ActiveConnections != 0 {
		t.Errorf("a dial that was given up left %+v", got)
	}
}

func TestWithKey(t *testing.T) {
	a := startAgent(t, "")
	one, other := webServer(t), webServer(t)
	a.register("web", "rendezvous", one.Addr, other.Addr)
	b := a.open("web")
	if _, err := b.DialContext(a.ctx(), "tcp", "web"); !errors.Is(err, balancer.ErrKeyRequired) {
		t.Errorf("got %v without a key", err)
	}
	want, err := b.SelectWith("web", balancer.Pick{Key: "user-1"})
	a.check(err)
	conn, err := b.DialContext(client.WithKey(a.ctx(), "user-1"), "tcp", "web")
	a.check(err)
	defer conn.Close()
	if got := conn.RemoteAddr().String(); got != want.Address() {
		t.Errorf("connected to %s, the key belongs to %s", got, want.Address())
	}
}
