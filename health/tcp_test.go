package health

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// guard ends a test that hangs; no test is about how long it takes.
const guard = 20 * time.Second

// loopback listens on a free port of an IP address, such as 127.0.0.1.
func loopback(t *testing.T, ip string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// listen serves TCP on loopback until the test ends.
func listen(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	return serveTCP(t, loopback(t, "127.0.0.1"), serve)
}

// serveTCP serves with one goroutine a connection until the test ends.
func serveTCP(t *testing.T, l net.Listener, serve func(net.Conn)) (address string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(guard))
				serve(conn)
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l := loopback(t, "127.0.0.1")
	defer l.Close()
	return l.Addr().String()
}

// blackHole is an address that takes no more connections and refuses none: its backlog is full.
func blackHole(t *testing.T) string {
	t.Helper()
	l := loopback(t, "127.0.0.1")
	t.Cleanup(func() { l.Close() })
	setBacklog(t, l.(*net.TCPListener), 0)
	for range 16 {
		conn, err := net.DialTimeout("tcp", l.Addr().String(), 200*ms)
		if err != nil {
			return l.Addr().String()
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the backlog is never full")
	return ""
}

// probeOnce makes one probe over the real network and says how it went.
func probeOnce(t *testing.T, p *prober, address string, check Check) (kind, string) {
	t.Helper()
	check = check.normal()
	ctx, cancel := context.WithTimeout(t.Context(), check.Timeout)
	defer cancel()
	return judge(p.probe(ctx, address, check), 0, check)
}

// expect wants one probe to end in a way, with an error that has want in it.
func expect(t *testing.T, address string, check Check, want kind, text string) {
	t.Helper()
	if check.Timeout == 0 {
		check.Timeout = guard
	}
	k, got := probeOnce(t, newProber(), address, check)
	if k != want || !strings.Contains(got, text) || (text == "" && got != "") {
		t.Errorf("probe ended %s with %q, want %s with %q", kindNames[k], got, kindNames[want], text)
	}
}

func TestTCP(t *testing.T) {
	tcp := Check{Type: TypeTCP}
	open := listen(t, func(net.Conn) {})
	expect(t, open, tcp, kindOK, "")
	expect(t, closedPort(t), tcp, kindFailed, "tcp: connection refused")
	expect(t, "localhost"+open[strings.LastIndexByte(open, ':'):], tcp, kindOK, "")
	expect(t, "no-such-host.invalid:80", tcp, kindFailed, `tcp: look up "no-such-host.invalid"`)
	tcp.Timeout = 100 * ms
	expect(t, blackHole(t), tcp, kindTimeout, "tcp: no answer within 100ms")
}

// The checker as the agent uses it, over a real network: a backend that comes back is seen.
func TestCheckerOverTCP(t *testing.T) {
	results := make(chan Result)
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	c := New(Options{Sink: sinkFunc(func(r Result) {
		select {
		case results <- r:
		case <-ctx.Done():
		}
	})})
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()

	address := closedPort(t)
	check := Check{Type: TypeTCP, Interval: MinInterval}
	c.SetTargets("web", []Target{{Address: address, Check: check, Healthy: 2, Unhealthy: 2}})
	await(t, results, func(r Result) bool { return r.Verdict == Failed })
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	await(t, results, func(r Result) bool { return r.Verdict == OK && r.Before == Failed })
	l.Close()
	await(t, results, func(r Result) bool { return r.Verdict == Failed && r.Failed == 2 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type sinkFunc func(Result)

func (f sinkFunc) Checked(r Result) { f(r) }

// await reads results until one is as wanted.
func await(t *testing.T, results <-chan Result, wanted func(Result) bool) {
	t.Helper()
	hung := time.After(guard)
	for {
		select {
		case r := <-results:
			if wanted(r) {
				return
			}
		case <-hung:
			t.Fatal("the result never came")
		}
	}
}

func TestUnknownTypeIsNoFaultOfTheBackend(t *testing.T) {
	check := Check{Type: "pigeon"}
	k, text := judge(newProber().probe(t.Context(), "a:1", check), 0, check)
	if want := "pigeon: not probed: there is no such type of check: want one of tcp, http, grpc, none"; k != kindLocal || text != want {
		t.Errorf("got %s, %q, want %q", kindNames[k], text, want)
	}
}
