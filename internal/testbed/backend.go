package testbed

import (
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// Mood is how a Backend treats those who connect.
type Mood int32

// The moods of a backend.
const (
	Serving Mood = iota // answers with the backend's name
	Failing             // HTTP: status 503; TCP: closes at once
	Hanging             // accepts and never answers
	Echoing             // sends back what it receives
)

// Backend is a server that answers with its own name, and can be told not to. Its methods may be
// called concurrently, except Down and Up.
type Backend struct {
	name    string
	address string
	mood    atomic.Int32
	hits    atomic.Int64
	create  func(*Backend) server

	server server // nil while down
	wait   sync.WaitGroup
}

// server is what a Backend needs of http.Server: Serve blocks until Close, which also ends the
// connections.
type server interface {
	Serve(net.Listener) error
	Close() error
}

// StartHTTPBackend starts an HTTP server whose every answer is name; it ends with the test.
func StartHTTPBackend(t testing.TB, name string) *Backend {
	return startBackend(t, name, func(b *Backend) server { return &http.Server{Handler: b} })
}

// StartTCPBackend starts a server that sends name to whoever connects; it ends with the test.
func StartTCPBackend(t testing.TB, name string) *Backend {
	return startBackend(t, name, func(b *Backend) server { return newTCPServer(b) })
}

func startBackend(t testing.TB, name string, create func(*Backend) server) *Backend {
	t.Helper()
	listener, err := listenLoopback()
	if err != nil {
		t.Fatalf("start backend %s: %v", name, err)
	}
	b := &Backend{name: name, address: listener.Addr().String(), create: create}
	b.serve(listener)
	t.Cleanup(b.Down)
	return b
}

// Address is the host:port of the backend; it stays the same while the backend is down.
func (b *Backend) Address() string { return b.address }

// Hits counts connections (TCP) or requests (HTTP).
func (b *Backend) Hits() int64 { return b.hits.Load() }

// SetMood changes how the backend treats what arrives from now on.
func (b *Backend) SetMood(m Mood) { b.mood.Store(int32(m)) }

// Down closes the backend: connections end and new ones are refused.
func (b *Backend) Down() {
	if b.server == nil {
		return
	}
	_ = b.server.Close()
	b.server = nil
	b.wait.Wait()
}

// Up opens a backend that is down, on its old address.
func (b *Backend) Up(t testing.TB) {
	t.Helper()
	if b.server != nil {
		return
	}
	listener, err := net.Listen("tcp", b.address)
	if err != nil {
		t.Fatalf("open backend %s: %v", b.name, err)
	}
	b.serve(listener)
}

func (b *Backend) serve(listener net.Listener) {
	b.server = b.create(b)
	serve := b.server.Serve
	b.wait.Go(func() { _ = serve(listener) }) // it always ends with an error: closed
}

// ServeHTTP answers in the backend's mood.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.hits.Add(1)
	switch Mood(b.mood.Load()) {
	case Failing:
		w.WriteHeader(http.StatusServiceUnavailable)
	case Hanging:
		<-r.Context().Done()
	case Echoing:
		_, _ = io.Copy(w, r.Body)
	case Serving:
		_, _ = io.WriteString(w, b.name)
	}
}

// serveTCP answers in the backend's mood; the connection is closed when it returns.
func (b *Backend) serveTCP(conn net.Conn) {
	b.hits.Add(1)
	switch Mood(b.mood.Load()) {
	case Failing:
	case Hanging:
		_, _ = io.Copy(io.Discard, conn)
	case Echoing:
		_, _ = io.Copy(conn, conn)
	case Serving:
		_, _ = io.WriteString(conn, b.name)
	}
}
