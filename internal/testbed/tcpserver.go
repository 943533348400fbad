package testbed

import (
	"net"
	"sync"
)

// tcpServer runs a Backend's serveTCP on every connection.
type tcpServer struct {
	backend *Backend
	wait    sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	listener net.Listener
	conns    map[net.Conn]struct{}
}

func newTCPServer(b *Backend) *tcpServer {
	return &tcpServer{backend: b, conns: make(map[net.Conn]struct{})}
}

// Serve accepts connections until Close.
func (s *tcpServer) Serve(listener net.Listener) error {
	s.mu.Lock()
	s.listener = listener
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return listener.Close()
	}
	defer s.wait.Wait()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		s.wait.Go(func() { s.serve(conn) })
	}
}

func (s *tcpServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.conns[conn] = struct{}{}
	s.mu.Unlock()
	s.backend.serveTCP(conn)
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
}

// Close stops accepting and ends every connection.
func (s *tcpServer) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	if s.listener == nil {
		return nil
	}
	return s.listener.Close()
}
