package testbed

import (
	"bufio"
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// echoConn is a connection through a proxy to a server that sends back each line.
type echoConn struct {
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, p *Proxy) *echoConn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &echoConn{Conn: conn, lines: bufio.NewReader(conn)}
}

func (c *echoConn) send(t *testing.T, line string) {
	t.Helper()
	if _, err := c.Write([]byte(line + "\n")); err != nil {
		t.Fatalf("send %q: %v", line, err)
	}
}

func (c *echoConn) expect(t *testing.T, line string) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(guard))
	if got, err := c.lines.ReadString('\n'); err != nil || got != line+"\n" {
		t.Fatalf("received %q, %v, want %q", got, err, line)
	}
}

// expectSilence holds that the connection is open and says nothing for a while.
func (c *echoConn) expectSilence(t *testing.T) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if got, err := c.lines.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("received %q, %v, want silence", got, err)
	}
}

// expectEnd holds that the connection ends.
func (c *echoConn) expectEnd(t *testing.T) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(guard))
	if got, err := c.lines.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("received %q, %v, want the end of the connection", got, err)
	}
}

// startEcho starts a server that sends back what it receives.
func startEcho(t *testing.T) string {
	t.Helper()
	b := StartTCPBackend(t, "echo")
	b.SetMood(Echoing)
	return b.Address()
}

func TestProxyForwards(t *testing.T) {
	c := dial(t, StartProxy(t, startEcho(t)))
	c.send(t, "one")
	c.expect(t, "one")
}

func TestProxyStall(t *testing.T) {
	p := StartProxy(t, startEcho(t))
	old := dial(t, p)
	old.send(t, "one")
	old.expect(t, "one")
	p.Stall()
	fresh := dial(t, p)
	for _, c := range []*echoConn{old, fresh} {
		c.send(t, "two")
		c.expectSilence(t)
	}
	p.Resume(t)
	for _, c := range []*echoConn{old, fresh} {
		c.expect(t, "two")
	}
}

func TestProxyCut(t *testing.T) {
	p := StartProxy(t, startEcho(t))
	c := dial(t, p)
	p.Cut()
	c.expectEnd(t)
	if conn, err := net.Dial("tcp", p.Address()); err == nil {
		_ = conn.Close()
		t.Fatal("a connection was accepted, want it refused")
	}
	p.Resume(t)
	c = dial(t, p)
	c.send(t, "one")
	c.expect(t, "one")
}

// TestProxyHarmsWhatIsOpen is about the faults that leave new connections alone.
func TestProxyHarmsWhatIsOpen(t *testing.T) {
	tests := []struct {
		name string
		harm func(*Proxy)
		want func(*echoConn, *testing.T)
	}{
		{"drop", (*Proxy).Drop, (*echoConn).expectEnd},
		{"freeze", (*Proxy).Freeze, (*echoConn).expectSilence},
		{"half open", (*Proxy).HalfOpen, (*echoConn).expectSilence},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := StartProxy(t, startEcho(t))
			old := dial(t, p)
			old.send(t, "one")
			old.expect(t, "one")
			test.harm(p)
			_, _ = old.Write([]byte("two\n"))
			test.want(old, t)
			fresh := dial(t, p)
			fresh.send(t, "three")
			fresh.expect(t, "three")
		})
	}
}

func TestProxyRetarget(t *testing.T) {
	p := StartProxy(t, StartTCPBackend(t, "one\n").Address())
	dial(t, p).expect(t, "one")
	p.Retarget(StartTCPBackend(t, "two\n").Address())
	dial(t, p).expect(t, "two")
}
