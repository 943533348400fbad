package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// leaseServer hands out leases over real connections and notes which connection asked for what.
type leaseServer struct {
	*http.Server

	mu      sync.Mutex
	numbers map[net.Conn]int // of connections, from 1 in the order they came
	log     []string         // "POST on 1 {body}", in order
	closed  chan int         // numbers of connections that ended
	refuse  *wire.Problem    // answered to every request, if set
}

type connKey struct{}

func newLeaseServer(t *testing.T) (*leaseServer, *Client) {
	t.Helper()
	c := New(socketPath(t))
	t.Cleanup(c.Close)
	return startLeaseServer(t, c.Socket()), c
}

func startLeaseServer(t *testing.T, path string) *leaseServer {
	t.Helper()
	s := &leaseServer{numbers: map[net.Conn]int{}, closed: make(chan int, 100)}
	s.Server = &http.Server{Handler: s, ConnContext: s.opens, ConnState: s.changes}
	serveOn(t, s.Server, path)
	return s
}

func (s *leaseServer) opens(ctx context.Context, conn net.Conn) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := len(s.numbers) + 1
	s.numbers[conn] = number
	return context.WithValue(ctx, connKey{}, number)
}

func (s *leaseServer) changes(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateClosed {
		s.closed <- s.numbers[conn]
	}
}

func (s *leaseServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf("%s on %d %s", r.Method, r.Context().Value(connKey{}), body))
	switch {
	case s.refuse != nil:
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(s.refuse.Status)
		_, _ = fmt.Fprintf(w, `{"status":%d,"code":%q}`, s.refuse.Status, s.refuse.Code)
	case r.Method == http.MethodPost:
		answer(w, 201, `{"service":"web","address":"h:1","lease":"L1"}`)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *leaseServer) refuseWith(p *wire.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = p
}

func (s *leaseServer) want(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if fmt.Sprintf("%q", s.log) != fmt.Sprintf("%q", want) {
		t.Errorf("the agent met %q\nwant %q", s.log, want)
	}
}

const (
	boundBody = `{"service":"web","bind":"connection"}`
	okBody    = `{"success":true,"latency_ms":1}`
)

func TestLeasesHaveConnectionsOfTheirOwn(t *testing.T) {
	server, c := newLeaseServer(t)
	first := mustLease(t, c)
	second := mustLease(t, c)
	if first.Address != "h:1" || first.LeaseID != "L1" {
		t.Errorf("got %+v", first.Lease)
	}
	mustEnd(t, first)
	mustEnd(t, first) // of no effect
	third := mustLease(t, c)
	mustEnd(t, second)
	mustEnd(t, third)
	server.want(t, "POST on 1 "+boundBody, "POST on 2 "+boundBody, "DELETE on 1 "+okBody,
		"POST on 1 "+boundBody, "DELETE on 2 "+okBody, "DELETE on 1 "+okBody)
}

func TestRefusedLeaseLeavesTheConnectionForTheNext(t *testing.T) {
	server, c := newLeaseServer(t)
	server.refuseWith(&wire.Problem{Status: 503, Code: wire.CodeNoHealthyBackend})
	_, err := c.Lease(t.Context(), "web")
	if p, ok := errors.AsType[*wire.Problem](err); !ok || p.Code != wire.CodeNoHealthyBackend {
		t.Fatalf("got %v, want no_healthy_backend", err)
	}
	server.refuseWith(nil)
	mustEnd(t, mustLease(t, c))
	server.want(t, "POST on 1 "+boundBody, "POST on 1 "+boundBody, "DELETE on 1 "+okBody)
}

// TestEndThatFailsEndsTheConnection: the agent did not take the end, so the lease must end with what
// it is bound to.
func TestEndThatFailsEndsTheConnection(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(*leaseServer, *Lease) error{
		"refused": func(s *leaseServer, l *Lease) error {
			s.refuseWith(&wire.Problem{Status: 400, Code: wire.CodeBadRequest})
			return l.End(t.Context(), wire.Outcome{})
		},
		"no time left": func(_ *leaseServer, l *Lease) error { return l.End(canceled, wire.Outcome{}) },
	} {
		t.Run(name, func(t *testing.T) {
			server, c := newLeaseServer(t)
			if err := end(server, mustLease(t, c)); err == nil {
				t.Fatal("the end that failed has no error")
			}
			if got := <-server.closed; got != 1 {
				t.Errorf("connection %d ended, want that of the lease", got)
			}
		})
	}
}

func TestStaleSpareConnectionIsReplaced(t *testing.T) {
	server, c := newLeaseServer(t)
	mustEnd(t, mustLease(t, c))
	_ = server.Close()
	<-server.closed

	again := startLeaseServer(t, c.Socket())
	mustEnd(t, mustLease(t, c))
	again.want(t, "POST on 1 "+boundBody, "DELETE on 1 "+okBody)
}

func TestCloseEndsSpareConnectionsAndKeepsLeases(t *testing.T) {
	server, c := newLeaseServer(t)
	ended, held := mustLease(t, c), mustLease(t, c)
	mustEnd(t, ended)
	c.Close()
	if got := <-server.closed; got != 1 {
		t.Errorf("connection %d ended, want the spare one", got)
	}
	mustEnd(t, held)
	if got := <-server.closed; got != 2 {
		t.Errorf("connection %d ended, want the one whose lease ended last", got)
	}
}

func TestTTLLeaseUsesThePool(t *testing.T) {
	server, c := newLeaseServer(t)
	l, err := c.LeaseFor(t.Context(), "web", 90*time.Second, Key("k"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Renew(t.Context()); err != nil {
		t.Error(err)
	}
	mustEnd(t, l)
	server.want(t, `POST on 1 {"service":"web","key":"k","bind":"ttl","ttl":"1m30s"}`, "PUT on 1 ", "DELETE on 1 "+okBody)
	server.refuseWith(&wire.Problem{Status: 404, Code: wire.CodeUnknownLease})
	if p, ok := errors.AsType[*wire.Problem](l.Renew(t.Context())); !ok || p.Code != wire.CodeUnknownLease {
		t.Errorf("renewing a lease that is gone gives %v", p)
	}
}

func TestBoundLeaseNeedsNoRenewal(t *testing.T) {
	server, c := newLeaseServer(t)
	l := mustLease(t, c)
	if err := l.Renew(t.Context()); err != nil {
		t.Error(err)
	}
	mustEnd(t, l)
	server.want(t, "POST on 1 "+boundBody, "DELETE on 1 "+okBody)
}

func mustLease(t *testing.T, c *Client) *Lease {
	t.Helper()
	l, err := c.Lease(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustEnd(t *testing.T, l *Lease) {
	t.Helper()
	if err := l.End(t.Context(), Succeeded(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
}
