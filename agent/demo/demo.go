// Package demo gives development mode something to select: three small HTTP backends inside the
// process, on free loopback ports. They answer as a real service would, and nothing outside the host
// can reach them.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// names are those of the backends, in the order of Addresses.
var names = [...]string{"a", "b", "c"}

// grace is how long requests in flight may take when Run ends.
const grace = time.Second

// Demo is a set of running backends.
type Demo struct {
	backends []backend
}

type backend struct {
	listener net.Listener
	server   *http.Server
}

// Start opens the backends' ports. From then on connections are taken, and Run answers them; who
// does not come to call Run calls Close. ctx bounds the start only.
func Start(ctx context.Context) (*Demo, error) {
	d := &Demo{}
	for _, name := range names {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start demo backend %s: %w", name, err), d.Close())
		}
		d.backends = append(d.backends, backend{listener, newServer(name, listener.Addr())})
	}
	return d, nil
}

// Addresses are those of the backends, as 127.0.0.1:port.
func (d *Demo) Addresses() []string {
	var list []string
	for _, b := range d.backends {
		list = append(list, b.listener.Addr().String())
	}
	return list
}

// Run answers requests until ctx ends or Close is called, lets those in flight finish for a second, and
// returns nil. An error means that a backend could not go on; then all have ended.
func (d *Demo) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range d.backends {
		group.Go(func() error { return b.server.Serve(b.listener) })
		group.Go(func() error { return b.shut(ctx) })
	}
	if err := group.Wait(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve demo backends: %w", err)
	}
	return nil
}

// Close ends the backends at once, whether Run runs or not.
func (d *Demo) Close() error {
	var errs []error
	for _, b := range d.backends {
		errs = append(errs, b.server.Close())
		if err := b.listener.Close(); !errors.Is(err, net.ErrClosed) { // the server may have closed it
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// shut waits for ctx's end and then for the requests in flight.
func (b backend) shut(ctx context.Context) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if b.server.Shutdown(ctx) == nil {
		return nil
	}
	return b.server.Close()
}

func newServer(name string, addr net.Addr) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", text(fmt.Sprintf("hello from backend %s (%s)\n", name, addr)))
	mux.HandleFunc("GET /health", text("ok\n"))
	return &http.Server{Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
}

func text(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }
}
