package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// maxBody bounds the bytes of one answer, or of one event of a watch: some 200,000 backends.
const maxBody = 64 << 20

// origin stands in every URL; what host it names makes no difference over a UNIX socket.
const origin = "http://remora"

// exchange is one request and the place for its answer.
type exchange struct {
	doing  string // what failed, in an error: select from service "web"
	method string
	path   string // escaped
	query  url.Values
	body   any           // sent as JSON unless nil
	wait   time.Duration // how long the agent may take by design, besides the timeout
	out    any           // *string for text, else decoded from JSON; nil: the answer has no news
}

// route joins escaped segments: a service may hold '/', and an address brackets.
func route(prefix string, segments ...string) string {
	var b strings.Builder
	b.WriteString(prefix)
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// do runs x over the pooled connections.
func (c *Client) do(ctx context.Context, x exchange) error {
	pool := c.calls
	if x.wait > 0 {
		pool = c.streams
	}
	err := c.persist(ctx, x.harmless(), func(ctx context.Context) error {
		bounded, cancel := c.bound(ctx, x.wait)
		defer cancel()
		return c.run(bounded, pool, x)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", x.doing, err)
	}
	return nil
}

func (c *Client) run(ctx context.Context, pool *http.Client, x exchange) error {
	req, err := x.request(ctx)
	if err != nil {
		return err
	}
	resp, err := pool.Do(req)
	if err != nil {
		return c.explain(ctx, err)
	}
	defer resp.Body.Close()
	body, err := readBody(resp, maxBody)
	if err != nil {
		return c.explain(ctx, err)
	}
	c.reached()
	return x.decode(resp, body)
}

func (x *exchange) request(ctx context.Context) (*http.Request, error) {
	target := origin + x.path
	if query := x.query.Encode(); query != "" {
		target += "?" + query
	}
	body, err := x.encode()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, x.method, target, body)
	if err != nil {
		return nil, err
	}
	if x.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

func (x *exchange) encode() (io.Reader, error) {
	if x.body == nil {
		return http.NoBody, nil
	}
	data, err := json.Marshal(x.body)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(data), nil
}

// readBody reads the whole answer, so that its connection can serve the next request.
func readBody(resp *http.Response, limit int) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err == nil && len(body) > limit {
		err = errTooLarge
	}
	return body, err
}

func (x *exchange) decode(resp *http.Response, body []byte) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return problemOf(resp, body)
	}
	switch out := x.out.(type) {
	case nil:
		return nil
	case *string:
		*out = string(body)
		return nil
	}
	if err := json.Unmarshal(body, x.out); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// problemOf reads an error answer. What net/http rejects on the agent's side is plain text; it
// becomes a problem too, without a code, so that callers meet one type.
func problemOf(resp *http.Response, body []byte) *wire.Problem {
	var p wire.Problem
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "application/problem+json" && json.Unmarshal(body, &p) == nil && p.Status != 0 {
		return &p
	}
	const enoughToTell = 512
	text := strings.TrimSpace(string(body[:min(len(body), enoughToTell)]))
	return &wire.Problem{
		Type:   "about:blank",
		Title:  http.StatusText(resp.StatusCode),
		Status: resp.StatusCode,
		Detail: strings.TrimSpace(fmt.Sprintf("answered with status %d: %s", resp.StatusCode, text)),
	}
}
