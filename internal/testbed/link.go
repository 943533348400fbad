package testbed

import (
	"net"
	"sync"
)

// link is one proxied connection.
type link struct {
	client net.Conn
	done   chan struct{} // closed once the client's end is

	mu      sync.Mutex
	server  net.Conn // nil until connect
	severed bool     // the server's end is gone and the client must not notice
	frozen  bool     // nothing passes any more
	closed  bool
}

func newLink(client net.Conn) *link { return &link{client: client, done: make(chan struct{})} }

// connect opens the server's end.
func (l *link) connect(target string) bool {
	server, err := net.Dial("tcp", target)
	if err != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.server = server
	if l.closed || l.severed {
		_ = server.Close()
	}
	return !l.closed
}

// sever closes the server's end and leaves the client's open.
func (l *link) sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.severed = true
	if l.server != nil {
		_ = l.server.Close()
	}
}

// freeze keeps both ends open and lets nothing pass.
func (l *link) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = true
}

func (l *link) isFrozen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.frozen
}

// close closes both ends.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	close(l.done)
	_ = l.client.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
}

// ended is called by a pump whose connection failed: that closes the link, unless it was severed;
// then the client's end stays open until the proxy closes it.
func (l *link) ended() {
	l.mu.Lock()
	severed := l.severed
	l.mu.Unlock()
	if severed {
		<-l.done
		return
	}
	l.close()
}
