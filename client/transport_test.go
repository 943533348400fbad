package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// httpClient is a client over the balancer, whose idle connections are closed with the test.
func httpClient(t testing.TB, b *client.Balancer, base *http.Transport) *http.Client {
	c := &http.Client{Transport: client.NewTransport(b, base), Timeout: guard}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// get returns the body of an answer with status 200.
func get(c *http.Client, method, url string, body io.Reader) (string, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return string(text), err
}

// TestNoRequestFailsWhileBackendsComeAndGo replaces every backend, one by one, as a deployment does: add
// the new one, drain the old one, wait until nobody uses it, stop it. Without the wait a request that was
// on its way when the server stopped would find a closed connection.
func TestNoRequestFailsWhileBackendsComeAndGo(t *testing.T) {
	a := startAgent(t, "")
	servers := []*http.Server{webServer(t), webServer(t), webServer(t)}
	a.register("web", "least_connections", servers[0].Addr, servers[1].Addr, servers[2].Addr)
	b := a.open("web")
	c := httpClient(t, b, nil)

	load := startLoad(t, func(worker int) (string, error) {
		if worker%2 == 0 {
			return get(c, http.MethodPost, "http://web/", strings.NewReader("hello"))
		}
		return get(c, http.MethodGet, "http://web/", nil)
	})
	ctx := a.ctx()
	for range 4 {
		load.served(servers...)
		next := webServer(t)
		a.check(a.AddBackend(ctx, "web", wire.BackendSpec{Address: next.Addr}))
		a.check(a.SetAdmin(ctx, "web", servers[0].Addr, wire.AdminDrain))
		left := []string{servers[1].Addr, servers[2].Addr, next.Addr}
		follow(t, b, "web", left...)
		a.until("the drained one is not in use", func() bool { return activeAt(a, b, servers[0].Addr) == 0 })
		a.check(servers[0].Shutdown(ctx))
		a.check(a.RemoveBackend(ctx, "web", servers[0].Addr))
		servers = append(servers[1:], next)
	}
	load.served(servers...)
	if failed := load.stop(); failed != nil {
		t.Error(failed)
	}
	a.until("no use is left over", func() bool {
		for _, n := range a.active("web") {
			if n != 0 {
				return false
			}
		}
		return true
	})
}

// activeAt is the connections to a backend of "web" that the balancer counts.
func activeAt(a *testAgent, b *client.Balancer, address string) int {
	a.t.Helper()
	group, err := b.Snapshot("web")
	a.check(err)
	for _, backend := range group.Backends {
		if backend.Address == address {
			return backend.ActiveConnections
		}
	}
	return 0
}

// load is requests by several workers until stopped.
type load struct {
	t       testing.TB
	stop    func() error // returns what failed
	answers sync.Map     // by answer: *atomic.Int64
	news    chan struct{}
}

func startLoad(t testing.TB, request func(worker int) (string, error)) *load {
	l := &load{t: t, news: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	errs := make([]error, 4)
	for worker := range errs {
		working.Go(func() {
			for ctx.Err() == nil {
				answer, err := request(worker)
				if err != nil {
					errs[worker] = errors.Join(errs[worker], err)
					return
				}
				count, _ := l.answers.LoadOrStore(answer, new(atomic.Int64))
				count.(*atomic.Int64).Add(1)
				select {
				case l.news <- struct{}{}:
				default:
				}
			}
		})
	}
	l.stop = sync.OnceValue(func() error {
		cancel()
		working.Wait()
		return errors.Join(errs...)
	})
	t.Cleanup(func() { _ = l.stop() })
	return l
}

// served waits until each of the servers has answered, and once more.
func (l *load) served(servers ...*http.Server) {
	l.t.Helper()
	for _, s := range servers {
		l.answered(s.Addr)
	}
}

func (l *load) answered(who string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), guard)
	defer cancel()
	before := l.count(who)
	for l.count(who) < before+2 {
		select {
		case <-l.news:
		case <-ctx.Done():
			l.t.Fatalf("%s answers nothing: %v", who, l.stop())
		}
	}
}

func (l *load) count(who string) int64 {
	if count, ok := l.answers.Load(who); ok {
		return count.(*atomic.Int64).Load()
	}
	return 0
}

func TestTransportTriesAnotherBackend(t *testing.T) {
	a := startAgent(t, "")
	up := webServer(t)
	a.register("web", "round_robin", closedPort(t), up.Addr, closedPort(t))
	b := a.open("web")
	c := httpClient(t, b, nil)
	for range 3 {
		answer, err := get(c, http.MethodPost, "http://web:1234/", strings.NewReader("hello"))
		if err != nil || answer != up.Addr {
			t.Errorf("got %q, %v", answer, err)
		}
	}
	if _, err := get(c, http.MethodGet, "http://unknown/", nil); !errors.Is(err, balancer.ErrUnknownService) {
		t.Errorf("got %v from a service that is not known", err)
	}
	a.until("the agent has heard of failures", func() bool {
		group, err := a.Group(a.ctx(), "web")
		a.check(err)
		return group.Backends[0].ReportedFailures > 0
	})
}

// TestTransportDoesNotSendABodyTwice sends one that can't be had again.
func TestTransportDoesNotSendABodyTwice(t *testing.T) {
	a := startAgent(t, "")
	a.register("web", "round_robin", closedPort(t), webServer(t).Addr)
	c := httpClient(t, a.open("web"), nil)
	body := &closing{Reader: io.MultiReader(strings.NewReader("hello"))}
	if _, err := get(c, http.MethodPost, "http://web/", body); err == nil {
		t.Error("a request whose body is gone was sent to another backend")
	}
	if !body.closed.Load() {
		t.Error("the body was not closed")
	}
	unsent := &closing{Reader: strings.NewReader("hello")}
	if _, err := get(c, http.MethodPost, "http://unknown/", unsent); err == nil || !unsent.closed.Load() {
		t.Errorf("got %v, and the body is closed: %v", err, unsent.closed.Load())
	}
}

type closing struct {
	io.Reader
	closed atomic.Bool
}

func (c *closing) Close() error {
	c.closed.Store(true)
	return nil
}

// closedPort is an address where nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestTransportKeepsHostAndSNI(t *testing.T) {
	var host, sni string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, sni = r.Host, r.TLS.ServerName
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/here", http.StatusFound)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate()) // of example.com

	a := startAgent(t, "")
	a.register("example.com", "round_robin", server.Listener.Addr().String())
	c := httpClient(t, a.open("example.com"), &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
	})
	resp, err := c.Get("https://example.com/moved")
	a.check(err)
	defer resp.Body.Close()
	if host != "example.com" || sni != "example.com" || resp.ProtoMajor != 2 {
		t.Errorf("the server saw host %q and SNI %q over %s", host, sni, resp.Proto)
	}
	if got := resp.Request.URL.String(); got != "https://example.com/here" {
		t.Errorf("the answer is to a request of %s", got)
	}
	req, err := http.NewRequest(http.MethodGet, "https://example.com/", nil)
	a.check(err)
	req.Host = "tenant.example"
	resp, err = c.Do(req)
	a.check(err)
	_ = resp.Body.Close()
	if host != "tenant.example" || sni != "example.com" {
		t.Errorf("with a Host of its own the server saw host %q and SNI %q", host, sni)
	}
}

// TestTransportDropsConnectionsOfThoseThatLeave watches the connections of a server.
func TestTransportDropsConnectionsOfThoseThatLeave(t *testing.T) {
	for name, leave := range map[string]func(a *testAgent, address string) error{
		"removed": func(a *testAgent, address string) error { return a.RemoveBackend(a.ctx(), "web", address) },
		"drained": func(a *testAgent, address string) error {
			return a.SetAdmin(a.ctx(), "web", address, wire.AdminDrain)
		},
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan struct{}, 1)
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateClosed {
					closed <- struct{}{}
				}
			}
			server.Start()
			t.Cleanup(server.Close)
			address := server.Listener.Addr().String()
			a := startAgent(t, "")
			a.register("web", "round_robin", address)
			resp, err := httpClient(t, a.open("web"), nil).Get("http://web/")
			a.check(err)
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			select {
			case <-closed:
				t.Fatal("the connection was not kept")
			default:
			}
			a.check(leave(a, address))
			select {
			case <-closed:
			case <-a.ctx().Done():
				t.Error("the connection stays open")
			}
		})
	}
}

// TestTransportCountsUntilTheBodyEnds has a server answer in two steps.
func TestTransportCountsUntilTheBodyEnds(t *testing.T) {
	goOn := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-goOn
	}))
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	a := startAgent(t, "")
	a.register("web", "round_robin", address)
	b := a.open("web")
	resp, err := httpClient(t, b, nil).Get("http://web/")
	a.check(err)
	defer resp.Body.Close()
	active := func() int { return activeAt(a, b, address) }
	if got := active(); got != 1 {
		t.Errorf("while the answer is under way %d connections count, want 1", got)
	}
	close(goOn)
	_, err = io.Copy(io.Discard, resp.Body)
	a.check(err)
	if got := active(); got != 0 {
		t.Errorf("after the answer %d connections count, want 0", got)
	}
}

func TestTransportUpgradesConnections(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString(line)
		_ = rw.Flush()
	}))
	t.Cleanup(server.Close)
	a := startAgent(t, "")
	a.register("web", "round_robin", server.Listener.Addr().String())
	req, err := http.NewRequest(http.MethodGet, "http://web/", nil)
	a.check(err)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := client.NewTransport(a.open("web"), nil).RoundTrip(req)
	a.check(err)
	defer resp.Body.Close()
	stream, ok := resp.Body.(io.ReadWriter)
	if !ok {
		t.Fatal("the body of a 101 can't be written to")
	}
	_, err = io.WriteString(stream, "hello\n")
	a.check(err)
	if answer, _ := io.ReadAll(stream); string(answer) != "hello\n" {
		t.Errorf("the echo is %q", answer)
	}
}
