package testbed

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// StreamProxy forwards HTTP/2 without TLS, as gRPC speaks it, request by request, until it is told to
// swallow what a kind of request is answered. Its methods may be called concurrently.
type StreamProxy struct {
	address string

	mu      sync.Mutex
	streams map[*stream]struct{}
}

// StartStreamProxy starts a proxy that forwards to the address target and ends with the test.
func StartStreamProxy(t testing.TB, target string) *StreamProxy {
	t.Helper()
	listener, err := listenLoopback()
	if err != nil {
		t.Fatalf("start a proxy of streams: %v", err)
	}
	p := &StreamProxy{address: listener.Addr().String(), streams: make(map[*stream]struct{})}
	var plain http.Protocols
	plain.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &plain}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: target})
		},
		Transport:      transport,
		FlushInterval:  -1,
		ModifyResponse: p.follow,
		ErrorLog:       log.New(io.Discard, "", 0),
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := &http.Server{Handler: forward, Protocols: &plain, ErrorLog: forward.ErrorLog}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // it always ends with an error: closed
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
		transport.CloseIdleConnections()
	})
	return p
}

// Address is where clients connect to.
func (p *StreamProxy) Address() string { return p.address }

// Swallow has nothing more come back of the requests under way whose path ends like this: they stay open
// and are silent. Others, also of the same connection, go on, and new ones do. It returns how many
// there are.
func (p *StreamProxy) Swallow(path string) (streams int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.streams {
		if strings.HasSuffix(s.path, path) {
			s.swallow()
			streams++
		}
	}
	return streams
}

// follow puts a stream in the place of an answer's body.
func (p *StreamProxy) follow(response *http.Response) error {
	s := &stream{ReadCloser: response.Body, proxy: p, path: response.Request.URL.Path}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streams[s] = struct{}{}
	response.Body = s
	return nil
}

// stream is the body of one answer.
type stream struct {
	io.ReadCloser
	proxy *StreamProxy
	path  string

	mu        sync.Mutex
	swallowed bool
}

func (s *stream) swallow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swallowed = true
}

// Read gives nothing once the stream is swallowed, and ends with the request.
func (s *stream) Read(buffer []byte) (int, error) {
	for {
		n, err := s.ReadCloser.Read(buffer)
		s.mu.Lock()
		swallowed := s.swallowed
		s.mu.Unlock()
		switch {
		case !swallowed:
			return n, err
		case err != nil:
			return 0, errors.Join(err, http.ErrAbortHandler)
		}
	}
}

func (s *stream) Close() error {
	s.proxy.mu.Lock()
	delete(s.proxy.streams, s)
	s.proxy.mu.Unlock()
	return s.ReadCloser.Close()
}
