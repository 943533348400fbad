package testbed

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// ConsulConfig says what kind of Consul a test wants; the zero value is one server in development
// mode, which starts fast and forgets everything when it ends.
type ConsulConfig struct {
	Servers    int     // 1 by default; more are a cluster
	Durable    bool    // keeps its data over a restart; a cluster always does
	ACLs       bool    // access control that denies by default; ManagementToken may do everything
	CA         *CA     // set: HTTPS too, for clients that show a certificate of this authority
	UnixSocket bool    // a UNIX socket too
	Datacenter string  // dc1 by default
	JoinWAN    *Consul // another datacenter
}

// ManagementToken may do everything in a Consul with ACLs.
const ManagementToken = "4b5a9bd6-0d5c-4f8f-8a3c-6f2b8b6b6c11"

// Consul is one or more real Consul servers that end with the test.
type Consul struct {
	Servers []*ConsulServer

	t      testing.TB
	config ConsulConfig
	tls    Pair // of the servers, and of the client that Client returns
}

// StartConsul starts servers and returns once they have a leader.
func StartConsul(t testing.TB, config ConsulConfig) *Consul {
	t.Helper()
	c := &Consul{t: t, config: config}
	if config.CA != nil {
		c.tls = config.CA.Issue(t, "consul")
	}
	binary := ConsulBinary(t)
	var err error
	for range 3 { // another process may take a port between finding it free and Consul's bind
		if err = c.start(binary, shortDir(t)); err == nil {
			break
		}
		c.killAll()
	}
	if err != nil {
		t.Fatalf("start consul: %v", err)
	}
	t.Cleanup(c.killAll)
	return c
}

func (c *Consul) start(binary, dir string) error {
	n := max(1, c.config.Servers)
	addresses, err := freeAddresses(portsPerServer * n)
	if err != nil {
		return err
	}
	c.Servers = make([]*ConsulServer, n)
	for i := range c.Servers {
		c.Servers[i] = newConsulServer(c, i, binary, filepath.Join(dir, fmt.Sprint(i)), addresses[portsPerServer*i:])
	}
	for _, s := range c.Servers {
		if err := s.configure(); err != nil {
			return err
		}
		if err := s.start(); err != nil {
			return err
		}
	}
	for _, s := range c.Servers {
		if err := s.awaitLeader(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Consul) killAll() {
	for _, s := range c.Servers {
		if s != nil && s.process != nil {
			s.Kill()
		}
	}
}

// Client returns a client of the first server that may do everything.
func (c *Consul) Client() *api.Client { return c.Servers[0].Client() }

// Leader returns the server that leads; it fails the test where there is none.
func (c *Consul) Leader() *ConsulServer {
	c.t.Helper()
	for _, s := range c.Servers {
		leader, err := s.Client().Status().Leader()
		if err != nil {
			continue
		}
		for _, other := range c.Servers {
			if other.rpc == leader {
				return other
			}
		}
	}
	c.t.Fatal("find the leader of consul: no server leads")
	return nil
}

// eventually calls try until it succeeds. It is for what a server says only when asked.
func eventually(what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; the last error was: %w", what, ctx.Err(), err)
		case <-pace.C:
		}
	}
}
