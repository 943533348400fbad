package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/remora-agent/remora/agent/fair"
	"github.com/remora-agent/remora/client/wire"
)

// patience is how long a request waits for its turn.
const patience = 2 * time.Second

// lightBodyBytes is the size of a body that nobody need count while it is on its way.
const lightBodyBytes = 64 << 10

// takeTurn waits until the work of a request may begin. The answer ends the turn, and so does whatever
// waits in between: see fair.Pause.
func (h *handler) takeTurn(w *response, r *request) error {
	w.turn = h.turns.NewTurn(r.caller.UID)
	r.Request = r.WithContext(fair.WithTurn(r.Context(), w.turn))
	// A client that has sent all it will send looks like one that hung up, and reads the answer all the same.
	err := w.turn.Take(context.WithoutCancel(r.Context()), patience)
	if err != nil {
		return h.overLimit(r.caller, fair.Requests, "too many requests of %s are being served; this one waited for %v", describe(r.caller), patience)
	}
	return nil
}

// keep ends the turn of a request whose answer is ready to be sent.
func (w *response) keep(bytes int) {
	if w.turn != nil {
		w.turn.Keep(bytes)
	}
}

// finish ends what the request had of turns, whatever became of it.
func (w *response) finish(c *conn) {
	if w.turn != nil {
		w.turn.End()
		c.owe(int(w.turn.Worked() / timeAUnit))
	}
}

// readBody reads the body of a request. What of it is large counts as held by its user, until the
// function that is returned is called.
func (h *handler) readBody(w *response, r *request) (forget func(), err error) {
	limit := h.options.Limits.BodyBytes
	held := holding{ReadCloser: r.Body, turns: h.turns, uid: r.caller.UID, length: min(r.ContentLength, limit+1), most: limit + 1}
	if r.Body != nil && r.Body != http.NoBody {
		r.Request.Body = &held
	}
	r.body, err = readBody(w, r.Request, limit)
	if err != nil {
		held.forget()
	}
	if held.refused {
		w.Header().Set("Connection", "close")
		err = h.overLimit(r.caller, fair.Requests, "too many large requests of %s are on their way", describe(r.caller))
	}
	return held.forget, err
}

// holding reads a body, and counts what of it is beyond lightBodyBytes as kept for a user: all of it if
// its length is known, else in steps. A body that is too large is read on to its end, and not kept.
type holding struct {
	io.ReadCloser
	turns   *fair.Turns
	uid     uint32
	length  int64 // as far as it is kept; -1: not known
	most    int64 // that is kept of any body
	read    int
	held    int
	refused bool // the user has too much
}

// Read implements io.Reader.
func (b *holding) Read(p []byte) (int, error) {
	if int64(b.read) >= b.most {
		return b.ReadCloser.Read(p)
	}
	if b.read >= b.held+lightBodyBytes {
		step := max(int(b.length)-lightBodyBytes, lightBodyBytes)
		if !b.turns.Hold(b.uid, step) {
			b.refused = true
			return 0, io.ErrUnexpectedEOF
		}
		b.held += step
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.held+lightBodyBytes-b.read)])
	b.read += n
	return n, err
}

func (b *holding) forget() {
	if b.held > 0 {
		b.turns.Drop(b.uid, b.held)
		b.held = 0
	}
}

// overLimit is the problem over_limit of one user. It counts the refusal, and logs it if it is news.
func (h *handler) overLimit(c Caller, why fair.Reason, format string, args ...any) *wire.Problem {
	p := wire.NewProblem(wire.CodeOverLimit, format, args...)
	if h.users.Refused(c.UID, why, time.Now()) {
		h.log.Warn("user is over a limit", "uid", c.UID, "pid", c.PID, "detail", p.Detail)
	}
	return p
}

// gathered is an answer that is put together in memory, so that writing it needs no turn.
type gathered struct {
	*response
	body   bytes.Buffer
	status int
}

func (g *gathered) WriteHeader(status int)      { g.status = status }
func (g *gathered) Write(p []byte) (int, error) { return g.body.Write(p) }

// metrics serves GET /metrics.
func (h *handler) metrics(w *response, r *request) error {
	g := &gathered{response: w, status: http.StatusOK}
	h.core.Metrics.ServeHTTP(g, r.Request)
	w.send(g.status, w.Header().Get("Content-Type"), g.body.Bytes())
	return nil
}
