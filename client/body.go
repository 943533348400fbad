package client

import (
	"cmp"
	"io"
	"net/http"
	"sync"
)

// bodies makes a request of its own for each attempt.
type bodies struct {
	req  *http.Request
	sent bool // the body was given away
}

// attempt returns the request for a backend.
func (b *bodies) attempt(address string) (*http.Request, error) {
	out := b.req.WithContext(b.req.Context())
	if b.sent && b.req.GetBody != nil {
		body, err := b.req.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	b.sent = true
	url := *b.req.URL
	url.Host = address
	out.URL, out.Host = &url, cmp.Or(b.req.Host, b.req.URL.Host)
	return out, nil
}

// again says whether there is a body for one more attempt.
func (b *bodies) again() bool {
	return b.req.Body == nil || b.req.Body == http.NoBody || b.req.GetBody != nil
}

// close closes a body that nobody was given, as every http.RoundTripper has to.
func (b *bodies) close() {
	if !b.sent && b.req.Body != nil {
		_ = b.req.Body.Close()
	}
}

// usedBody is an answer's body with which a use ends: when it is closed, read to the end, or fails. What
// an upgraded connection can do besides (RFC 9110, section 7.8) stays.
func usedBody(body io.ReadCloser, use *Use) io.ReadCloser {
	b := &endingBody{body, sync.OnceFunc(func() { use.End(nothing) })}
	if writer, ok := body.(io.Writer); ok {
		return &endingStream{b, writer}
	}
	return b
}

type endingBody struct {
	io.ReadCloser
	end func()
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end()
	}
	return n, err
}

func (b *endingBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}

type endingStream struct {
	*endingBody
	io.Writer
}
