package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// maxSilence is three of the agent's heartbeats: a stream that is quiet for longer is dead.
const maxSilence = 45 * time.Second

// Watch calls each with every event of the services, or of all when none is named, one at a time and
// in order: a snapshot per service first, then what changes, and heartbeats. It ends with ctx's error,
// with each's first error as it is, or with an error that wraps [ErrUnreachable] when the agent goes
// away or falls silent. Watch again then; it starts with snapshots. An each that takes its time
// delays nobody else: the agent sends it a fresh snapshot instead of what it could not keep up with.
func (c *Client) Watch(ctx context.Context, services []string, each func(wire.Event) error) error {
	x := exchange{
		doing: "watch services", method: http.MethodGet, path: "/v1/watch",
		query: url.Values{"service": services},
	}
	streaming, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(maxSilence, func() { cancel(errSilent) })
	defer silence.Stop()

	stream, err := c.open(streaming, x)
	if err != nil {
		return fmt.Errorf("%s: %w", x.doing, err)
	}
	defer stream.Close()
	for events := newEventReader(stream, maxBody); ; {
		event, err := events.next()
		if err != nil {
			return fmt.Errorf("%s: %w", x.doing, c.explain(streaming, err))
		}
		silence.Stop() // the time that each takes is not the agent's
		if err := each(event); err != nil {
			return err
		}
		silence.Reset(maxSilence)
	}
}

// open starts the exchange and returns the body of its answer.
func (c *Client) open(ctx context.Context, x exchange) (io.ReadCloser, error) {
	req, err := x.request(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.streams.Do(req)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	body, err := readBody(resp, maxBody)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	return nil, problemOf(resp, body)
}

// eventReader decodes NDJSON and bounds the bytes of each event.
type eventReader struct {
	src     io.Reader
	limit   int
	left    int // bytes that may be read before the event under way is complete
	decoder *json.Decoder
}

func newEventReader(src io.Reader, limit int) *eventReader {
	r := &eventReader{src: src, limit: limit}
	r.decoder = json.NewDecoder(r)
	return r
}

func (r *eventReader) next() (wire.Event, error) {
	r.left = r.limit
	var e wire.Event
	err := r.decoder.Decode(&e)
	if err != nil {
		return e, decodeError(err)
	}
	if e.Group != nil { // the event's own fields hide these of the group
		e.Group.Service, e.Group.Index = e.Service, e.Index
		e.Group.Stale = e.Stale != nil && *e.Stale
	}
	return e, nil
}

// decodeError tells what the agent sent from how the connection fared.
func decodeError(err error) error {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	if syntax || kind {
		return fmt.Errorf("decode event: %w", err)
	}
	return err
}

// Read gives the decoder what is there, within the bound.
func (r *eventReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, errTooLarge
	}
	n, err := r.src.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}
