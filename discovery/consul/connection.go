package consul

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/consul/api"
)

// unset is what the client library is told where a setting is empty. It would take the environment's
// value instead; RoundTrip takes this one out again.
const unset = "-"

// connection is one connection to Consul with a client that uses it. The fields behind the blank line
// are guarded by the pool's lock.
type connection struct {
	http         *http.ClientConn
	client       *api.Client
	maxBodyBytes int64
	traffic      *traffic

	generation int // of the TLS files that it was made with
	held       int // leases that use it
	answered   bool
	idleSince  time.Time
}

func newConnection(p *pool, conn *http.ClientConn) (*connection, error) {
	c := &connection{http: conn, maxBodyBytes: p.config.MaxBodyBytes, traffic: &p.traffic}
	client, err := api.NewClient(&api.Config{
		Address:    p.target.address,
		Scheme:     p.target.scheme,
		Token:      unset,
		Namespace:  unset,
		Partition:  unset,
		HttpClient: &http.Client{Transport: c, CheckRedirect: noRedirect},
	})
	c.client = client
	return c, err
}

// noRedirect keeps the token from being sent elsewhere; Consul never redirects.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RoundTrip implements http.RoundTripper.
func (c *connection) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	if request.Header.Get("X-Consul-Token") == unset {
		request.Header.Del("X-Consul-Token")
	}
	// The library would send the slash in a service's name as it is: what it was given as a path is
	// the escaped form.
	if path, err := url.PathUnescape(request.URL.Path); err == nil {
		request.URL.RawPath, request.URL.Path = request.URL.Path, path
	}
	query := request.URL.Query()
	for _, name := range []string{"ns", "partition"} {
		if query.Get(name) == unset {
			query.Del(name)
		}
	}
	request.URL.RawQuery = query.Encode()
	c.traffic.queries.Add(1)
	response, err := c.http.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &cappedBody{ReadCloser: response.Body, left: c.maxBodyBytes, limit: c.maxBodyBytes}
	if err := divert(response); err != nil {
		return nil, err
	}
	return response, nil
}

// limit is how many requests the connection takes at a time. An HTTP/2 server may change it.
func (c *connection) limit() int { return c.http.Available() + c.http.InFlight() }

// beforeSettings is what a connection of HTTP/2 assumes until its server has said how much it takes.
const beforeSettings = 100

// settled says whether limit can be relied upon: it is not what is assumed before the server has
// spoken.
func (c *connection) settled() bool { return c.answered || c.limit() != beforeSettings }

var errBodyTooLarge = errors.New("answer is too large")

// cappedBody is a body that fails when it turns out to be longer than it may.
type cappedBody struct {
	io.ReadCloser
	left, limit int64
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", errBodyTooLarge, b.limit)
	}
	p = p[:min(int64(len(p)), b.left+1)]
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, fmt.Errorf("%w: more than %d bytes", errBodyTooLarge, b.limit)
	}
	return n, err
}
