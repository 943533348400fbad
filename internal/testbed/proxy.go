package testbed

import (
	"net"
	"sync"
	"testing"
)

// Proxy forwards TCP connections to one target until it is told to misbehave. All of its methods may
// be called concurrently.
type Proxy struct {
	address string
	wait    sync.WaitGroup // the accept loop and the links

	mu       sync.Mutex
	target   string
	listener *net.TCPListener // nil while cut
	links    map[*link]struct{}
	flow     chan struct{} // closed while bytes may pass
	closed   bool
	weather  Weather
}

// StartProxy starts a proxy that forwards to the address target and ends with the test.
func StartProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := listenLoopback()
	if err != nil {
		t.Fatalf("start a proxy: %v", err)
	}
	flow := make(chan struct{})
	close(flow)
	p := &Proxy{
		target:  target,
		address: listener.Addr().String(),
		links:   make(map[*link]struct{}),
		flow:    flow,
	}
	p.accept(listener)
	t.Cleanup(p.close)
	return p
}

// Address is where clients connect to.
func (p *Proxy) Address() string { return p.address }

// Stall stops forwarding and keeps every connection open, as a firewall does that forgot about them;
// new connections are accepted and get no answer either.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flowing() {
		p.flow = make(chan struct{})
	}
}

// Cut closes every connection and refuses new ones, as a host does whose server is down.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut()
}

// Drop closes every connection; new ones are forwarded.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.close()
	}
}

// Retarget forwards new connections to another address.
func (p *Proxy) Retarget(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = address
}

// Freeze stalls the connections there are, for good: they stay open and silent. New connections are
// forwarded.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.freeze()
	}
}

// HalfOpen closes the connections to the target only: the clients' ends stay open for good and are
// silent, as after a power cut on the other side. New connections are forwarded.
func (p *Proxy) HalfOpen() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.sever()
	}
}

// Resume forwards again, on the connections that are left and on new ones.
func (p *Proxy) Resume(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.flowing() {
		close(p.flow)
	}
	if p.listener != nil {
		return
	}
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		t.Fatalf("resume the proxy: %v", err)
	}
	p.accept(listener.(*net.TCPListener))
}

func (p *Proxy) flowing() bool {
	select {
	case <-p.flow:
		return true
	default:
		return false
	}
}

func (p *Proxy) cut() {
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for l := range p.links {
		l.close()
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.cut()
	p.mu.Unlock()
	p.wait.Wait()
}

// accept serves listener until it is closed.
func (p *Proxy) accept(listener *net.TCPListener) {
	p.listener = listener
	p.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.wait.Go(func() { p.serve(newLink(conn)) })
		}
	})
}

func (p *Proxy) serve(l *link) {
	defer l.close()
	if !p.add(l) {
		return
	}
	defer p.remove(l)
	if !p.pass(l) || !l.connect(p.currentTarget()) {
		return
	}
	p.wait.Go(func() { p.pump(l, l.server, l.client) })
	p.pump(l, l.client, l.server)
}

// add notes a link, unless the proxy was cut since the link was accepted.
func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil || p.closed {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) currentTarget() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// pass waits until bytes may flow on l; false says that the link ended before.
func (p *Proxy) pass(l *link) bool {
	p.mu.Lock()
	flow := p.flow
	p.mu.Unlock()
	select {
	case <-l.done:
		return false
	case <-flow:
	}
	if l.isFrozen() {
		<-l.done
		return false
	}
	return true
}

// pump copies one direction until either end closes. Neither bytes nor the end pass during a stall.
func (p *Proxy) pump(l *link, from, to net.Conn) {
	buffer := make([]byte, 16<<10)
	for {
		n, readErr := from.Read(p.currentWeather().piece(buffer))
		if !p.linger(l, n) || !p.pass(l) {
			return
		}
		_, writeErr := to.Write(buffer[:n])
		if readErr != nil || writeErr != nil {
			l.ended()
			return
		}
	}
}
