package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/remora-agent/remora/client/wire"
)

// PickOption narrows a selection.
type PickOption func(*wire.Pick)

// Key gives what strategies that hash are to hash, such as a user's id; the others ignore it.
func Key(key string) PickOption {
	return func(p *wire.Pick) { p.Key = key }
}

// Exclude names addresses that are not wanted, such as those that have just failed.
func Exclude(addresses ...string) PickOption {
	return func(p *wire.Pick) { p.Exclude = append(p.Exclude, addresses...) }
}

func newPick(service string, opts []PickOption) wire.Pick {
	p := wire.Pick{Service: service}
	for _, opt := range opts {
		opt(&p)
	}
	return p
}

// Select returns a healthy backend of the service by its strategy. Without one the error is a
// [*wire.Problem] with [wire.CodeNoHealthyBackend], [wire.CodeNoBackends],
// [wire.CodeUnknownService], or [wire.CodeNotReady] while the first answer of a catalog is awaited.
func (c *Client) Select(ctx context.Context, service string, opts ...PickOption) (wire.Selection, error) {
	var s wire.Selection
	err := c.do(ctx, selectExchange(newPick(service, opts), 0, &s))
	return s, err
}

// SelectMany returns count different backends (1 to 100), or as many as are healthy, in the order of
// preference. Errors are those of Select.
func (c *Client) SelectMany(ctx context.Context, service string, count int, opts ...PickOption) ([]wire.Selection, error) {
	if count < 1 {
		return nil, fmt.Errorf("select from service %q: count is %d, at least 1 is needed", service, count)
	}
	var s wire.Selections
	err := c.do(ctx, selectExchange(newPick(service, opts), count, &s))
	return s.Backends, err
}

// Explain selects as Select does, with all effects of that, and shows how this very selection came
// about. The agent looks at the whole group for it: this is for people, not for every request. Errors
// are those of Select; the Explain of the [*wire.Problem] says why nothing could be selected.
func (c *Client) Explain(ctx context.Context, service string, opts ...PickOption) (wire.Explained, error) {
	var e wire.Explained
	x := selectExchange(newPick(service, opts), 0, &e)
	x.query.Set("explain", "1")
	err := c.do(ctx, x)
	return e, err
}

func selectExchange(p wire.Pick, count int, out any) exchange {
	query := url.Values{}
	if p.Key != "" {
		query.Set("key", p.Key)
	}
	if len(p.Exclude) > 0 {
		query["exclude"] = p.Exclude
	}
	if count > 0 {
		query.Set("count", strconv.Itoa(count))
	}
	return exchange{
		doing:  fmt.Sprintf("select from service %q", p.Service),
		method: http.MethodGet,
		path:   route("/v1/select", p.Service),
		query:  query,
		out:    out,
	}
}

// SelectBatch asks for many picks at once; the results stand in their order, each with a selection
// or with the problem that it met. The error is for the batch as a whole.
func (c *Client) SelectBatch(ctx context.Context, picks []wire.Pick) ([]wire.PickResult, error) {
	doing := fmt.Sprintf("select %d backends", len(picks))
	var results wire.PickResults
	err := c.do(ctx, exchange{
		doing: doing, method: http.MethodPost, path: "/v1/select",
		body: wire.Picks{Picks: picks}, out: &results,
	})
	if err == nil && len(results.Picks) != len(picks) {
		err = fmt.Errorf("%s: the answer has %d results", doing, len(results.Picks))
	}
	if err != nil {
		return nil, err
	}
	return results.Picks, nil
}
