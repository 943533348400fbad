package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sync/errgroup"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/agent/peer"
)

// Server serves the API on sockets, with the limits of its options.
type Server struct {
	handler *handler
	leases  Connections
	limits  Limits
	pace    *fair.Pace
	express *express // nil: no fast lane
	log     hclog.Logger
	lastID  atomic.Uint64

	goroutines sync.WaitGroup // one for each connection, until net/http is done with it
	cutter     *time.Timer    // ends the grace; set by the end of shutdown
	cutOff     atomic.Bool    // and somebody was still answered then

	acceptFailures atomic.Uint64

	mu       sync.Mutex
	shares   []*fair.Shares // of the listeners
	conns    map[*conn]struct{}
	retiring bool
}

// Listener is a socket to serve. Its connections count as those of the admin socket where Admin is set.
type Listener struct {
	net.Listener
	Admin bool
}

// New returns a server of the whole API.
func New(core Core, options Options) *Server {
	s := newServer(core, options, routes)
	s.express = newExpress(core, s.handler.options)
	return s
}

// NewTelemetry returns a server of GET /metrics and /healthz alone, which need only core.Metrics.
func NewTelemetry(core Core, options Options) *Server {
	core.Connections = noConnections{}
	return newServer(core, options, telemetryRoutes)
}

func newServer(core Core, options Options, routes []route) *Server {
	options = options.withDefaults()
	return &Server{
		handler: newHandler(core, options, routes),
		leases:  core.Connections,
		limits:  options.Limits,
		pace:    fair.NewPace(options.Limits.RequestsPerUser),
		log:     options.Logger,
		conns:   make(map[*conn]struct{}),
	}
}

// Serve serves the listeners until ctx ends or one of them fails, and closes them. On the way out it
// stops accepting, ends streams and blocking reads with what they know, finishes the other requests
// for at most Limits.Grace, and then hangs up; it returns when nothing that it started runs any more.
// The error is that of a listener, or says that requests had to be cut off. Call it once.
func (s *Server) Serve(ctx context.Context, listeners ...Listener) error {
	group, serving := errgroup.WithContext(ctx)
	group.Go(func() error { s.pace.Run(serving); return nil })
	base := context.WithValue(context.WithoutCancel(ctx), drainKey{}, serving)
	server := s.httpServer(base)
	defer s.keepDate()()
	limited := make([]*listener, len(listeners))
	for i, l := range listeners {
		limited[i] = newListener(l, s)
		group.Go(func() error { return s.accept(server, limited[i]) })
	}
	group.Go(func() error {
		<-serving.Done()
		return s.shutdown(limited)
	})
	err := group.Wait()
	s.goroutines.Wait()
	if !s.cutter.Stop() && s.cutOff.Load() && err == nil {
		err = fmt.Errorf("finish requests in flight: %w", context.DeadlineExceeded)
	}
	return err
}

// keepDate keeps the Date of the fast lane's answers right until the function that it returns is called.
func (s *Server) keepDate() (stop func()) {
	if s.express == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var dating sync.WaitGroup
	dating.Go(func() { s.express.date.run(ctx) })
	return func() { cancel(); dating.Wait() }
}

// drainKey is where a request's context has the one that ends when the server begins to shut down.
type drainKey struct{}

func (s *Server) httpServer(base context.Context) *http.Server {
	return &http.Server{
		Handler:                      s.handler,
		MaxHeaderBytes:               s.limits.HeaderBytes,
		DisableGeneralOptionsHandler: true,
		IdleTimeout:                  -1, // as all limits of time, it is conn's to keep
		ErrorLog:                     log.New(serverLog{s.log}, "", 0),
		BaseContext:                  func(net.Listener) context.Context { return base },
		ConnContext:                  func(ctx context.Context, c net.Conn) context.Context { return withConn(ctx, c.(*conn)) },
		ConnState:                    s.connState,
	}
}

// accept serves one listener until the server shuts down.
func (s *Server) accept(server *http.Server, l *listener) error {
	defer l.close()
	err := server.Serve(l)
	l.turning.Wait()
	if errors.Is(err, net.ErrClosed) && s.isRetiring() {
		return nil
	}
	return fmt.Errorf("serve %s: %w", l.Addr(), err)
}

// shutdown stops accepting and lets connections end when what is in flight is done, or when the grace is
// over. It leaves http.Server.Shutdown alone: that one hangs up on a client which has just sent the next
// request of a connection (see fence), and takes one for idle on which the fast lane answers.
func (s *Server) shutdown(listeners []*listener) error {
	s.retireAll()
	var errs []error
	for _, l := range listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, fmt.Errorf("close %s: %w", l.Addr(), err))
		}
	}
	s.cutter = time.AfterFunc(s.limits.Grace, s.cutAll)
	return errors.Join(errs...)
}

func (s *Server) isRetiring() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.retiring
}

// identify numbers a connection and takes note of who is on the other end, once and for all.
func (s *Server) identify(raw net.Conn, admin bool) Caller {
	caller := Caller{UID: Nobody, GID: Nobody, Conn: s.lastID.Add(1), Admin: admin}
	if credentials, err := peer.Of(raw); err == nil {
		caller.UID, caller.GID, caller.PID = credentials.UID, credentials.GID, credentials.PID
	} else {
		s.log.Debug("caller is not known", "error", err)
	}
	return caller
}

// admit begins to serve a connection.
func (s *Server) admit(raw net.Conn, caller Caller) *conn {
	c := newConn(raw, caller, s.limits, s.leases, s.handler.turns)
	s.open(c)
	if s.express != nil {
		c.lane = lane{express: s.express, mode: armed}
	}
	s.goroutines.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	if s.retiring {
		c.retire()
	}
	return c
}

// connState follows what net/http does with a connection.
func (s *Server) connState(nc net.Conn, state http.ConnState) {
	c := nc.(*conn)
	switch state {
	case http.StateIdle:
		c.wait()
	case http.StateClosed:
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		c.leave()
		s.close(c)
		s.goroutines.Done()
	}
}

// retireAll ends the connections that are idle, so that a shutdown need not wait for them.
func (s *Server) retireAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retiring = true
	for c := range s.conns {
		c.retire()
	}
}

// cutAll hangs up on everybody.
func (s *Server) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		s.cutOff.Store(true)
		c.cut()
	}
}

// Connections counts the connections that are open now. It may be called concurrently.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// serverLog takes what net/http has to say, which is about what a client did.
type serverLog struct{ log hclog.Logger }

func (l serverLog) Write(line []byte) (int, error) {
	l.log.Debug("http server", "message", string(bytes.TrimSpace(line)))
	return len(line), nil
}

// noConnections is for servers that have no leases.
type noConnections struct{}

func (noConnections) Opened(uint64)   {}
func (noConnections) Closed(uint64)   {}
func (noConnections) Held(uint64) int { return 0 }
