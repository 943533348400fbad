package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Transport is an http.RoundTripper that sends each request to a backend of the service that is the host
// of its URL, as http://web/path does for "web"; a port there has no meaning. Host header and SNI stay as
// they would be without it. A backend that does not accept a connection is followed by another one, up to
// three, if the body can be had again (http.Request.GetBody); once a request may have been sent, it is
// repeated where http.Transport would do so and not otherwise. The use counts until the answer's body is
// closed or read; its outcome is a failure for an error or a status from 500 up, and its latency is that
// of the answer's header.
//
// Connections are kept for each backend; those that are idle are closed when their backend leaves, is
// drained or falls ill, and those in use as soon as they are idle (over HTTP/2: when they have been for
// IdleConnTimeout). It is safe for concurrent use.
type Transport struct {
	balancer *Balancer
	base     *http.Transport

	mu    sync.Mutex
	pools map[poolKey]*http.Transport
}

// poolKey is what connections can be shared by: the server's name for TLS, and the backend.
type poolKey struct{ service, address string }

// NewTransport returns a Transport over b with the settings of base; nil stands for those of
// http.DefaultTransport, without a proxy. One is enough for a Balancer, and lives as long.
func NewTransport(b *Balancer, base *http.Transport) *Transport {
	if base == nil {
		base = http.DefaultTransport.(*http.Transport).Clone()
		base.Proxy, base.DialContext = nil, nil // the latter: ours
	}
	t := &Transport{balancer: b, base: base, pools: make(map[poolKey]*http.Transport)}
	b.hooks.add(t.tidy)
	return t
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	service := req.URL.Hostname()
	body := &bodies{req: req}
	defer body.close()
	var resp *http.Response
	err := t.balancer.connect(req.Context(), service, func(use *Use) (again bool, err error) {
		out, err := body.attempt(use.Address())
		if err != nil {
			use.End(nothing)
			return false, err
		}
		resp, err = t.send(out, service, use)
		_, unsent := errors.AsType[*connectError](err)
		return unsent && body.again(), err
	})
	if err != nil {
		return nil, fmt.Errorf("send to service %q: %w", service, err)
	}
	resp.Request = req
	return resp, nil
}

// send sends the request to the backend and ends the use with the answer's body.
func (t *Transport) send(req *http.Request, service string, use *Use) (*http.Response, error) {
	key := poolKey{service, use.Address()}
	pool, began := t.pool(key), time.Now()
	resp, err := pool.RoundTrip(req)
	if t.dropped(key, pool) { // and may have a connection since
		pool.CloseIdleConnections()
	}
	if err != nil {
		return nil, err
	}
	use.went(resp.StatusCode < http.StatusInternalServerError, time.Since(began))
	resp.Body = usedBody(resp.Body, use)
	return resp, nil
}

// connectError marks a backend that did not accept a connection, so that nothing was sent to it.
type connectError struct{ cause error }

func (e *connectError) Error() string { return e.cause.Error() }
func (e *connectError) Unwrap() error { return e.cause }

// pool returns the connections to a backend.
func (t *Transport) pool(key poolKey) *http.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	pool, ok := t.pools[key]
	if !ok {
		pool = t.newPool(key.service)
		t.pools[key] = pool
	}
	return pool
}

func (t *Transport) newPool(service string) *http.Transport {
	pool := t.base.Clone()
	if pool.TLSClientConfig == nil {
		pool.TLSClientConfig = &tls.Config{}
	}
	if pool.TLSClientConfig.ServerName == "" {
		pool.TLSClientConfig.ServerName = service
	}
	dial := pool.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectTimeout}).DialContext
	}
	pool.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, &connectError{err}
		}
		return conn, nil
	}
	return pool
}

// dropped says whether a pool is not in use any more.
func (t *Transport) dropped(key poolKey, pool *http.Transport) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pools[key] != pool
}

// tidy closes the idle connections to backends of a service that may not be selected any more. Those in
// use are closed when they become idle.
func (t *Transport) tidy(service string) {
	wanted := make(map[string]bool)
	for _, e := range t.balancer.Eligible(service) {
		wanted[e.Address] = true
	}
	t.mu.Lock()
	var gone []*http.Transport
	for key, pool := range t.pools {
		if key.service == service && !wanted[key.address] {
			gone = append(gone, pool)
			delete(t.pools, key)
		}
	}
	t.mu.Unlock()
	for _, pool := range gone {
		pool.CloseIdleConnections()
	}
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, pool := range t.pools {
		pool.CloseIdleConnections()
	}
}
