package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

const (
	typeJSON    = "application/json"
	typeText    = "text/plain; charset=utf-8"
	typeStream  = "application/x-ndjson"
	typeProblem = "application/problem+json"
)

// retryAfter is the advice in seconds that comes with not_ready and over_limit.
const retryAfter = "1"

// response is an http.ResponseWriter that remembers what was answered.
type response struct {
	http.ResponseWriter
	status int        // 0 before the header is written
	turn   *fair.Turn // of the request; nil for one that needs none
}

// Unwrap lets http.ResponseController reach what is underneath.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// send answers with a whole body. That it could not be written concerns nobody but the client, which
// is gone.
func (w *response) send(status int, contentType string, body []byte) {
	w.keep(len(body))
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// json answers with a value. The error is that of a value which JSON can't say.
func (w *response) json(status int, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	w.send(status, typeJSON, body)
	return nil
}

// empty answers that it is done and there is nothing to say.
func (w *response) empty() error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// encode gives one line of JSON. Characters such as < stay as they are: this is not HTML.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// problem answers with the problem that an error is.
func (w *response) problem(p *wire.Problem) {
	if p.Code == wire.CodeNotReady || p.Code == wire.CodeOverLimit {
		w.Header().Set("Retry-After", retryAfter)
	}
	body, err := encode(p)
	if err != nil {
		body = []byte("{}\n") // a problem holds only strings and numbers, so JSON can say it
	}
	w.send(p.Status, typeProblem, body)
}

// problemOf translates an error; false when it is one that the client must not see.
func problemOf(err error) (*wire.Problem, bool) {
	var problem *wire.Problem
	var method *methodError
	switch {
	case errors.As(err, &problem):
		return problem, true
	case errors.As(err, &method):
		return wire.NewProblem(wire.CodeMethodNotAllowed, "%v", method), true
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return wire.NewProblem(wire.CodeNotReady, "the answer did not come in time"), true
	default:
		return wire.NewProblem(wire.CodeInternal, "the agent's log has the reason"), false
	}
}
