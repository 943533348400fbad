package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"syscall"
)

// ErrUnreachable is what every error wraps that comes from not reaching an agent: no socket, nobody
// behind it, no permission, no answer in time, or a connection that ended before the answer did. In
// the last two cases the agent may have done what it was asked to.
var ErrUnreachable = errors.New("agent not reachable")

var (
	// errSilent is the cause of a context that the client itself has ended.
	errSilent = errors.New("no answer in time")

	// errHungUp is the end of a connection that the agent has announced.
	errHungUp = errors.New("the agent closes the connection")

	// errTooLarge is an answer past what any agent sends.
	errTooLarge = errors.New("the answer is too large")
)

// dialError marks what failed before a connection stood.
type dialError struct{ cause error }

func (e *dialError) Error() string { return e.cause.Error() }
func (e *dialError) Unwrap() error { return e.cause }

func dialSocket(ctx context.Context, socket string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, &dialError{err}
	}
	return conn, nil
}

// explain turns a failed exchange into an error that says what to do about it. ctx is the context
// that bounded the exchange; if the caller's own context ended, its error is all there is to say.
func (c *Client) explain(ctx context.Context, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the method and URL mean nothing to who asked for a backend
	}
	if ctx.Err() != nil {
		if context.Cause(ctx) != errSilent {
			return ctx.Err()
		}
		return c.unreachable("it takes the connection but does not answer; look at the agent's log", errSilent)
	}
	if _, ok := errors.AsType[*dialError](err); ok {
		return c.unreachable(dialAdvice(err), rootCause(err))
	}
	if hungUp(err) {
		return c.unreachable("it closed the connection; it may be restarting", err)
	}
	return err
}

func (c *Client) unreachable(advice string, cause error) error {
	return fmt.Errorf("%w at %s: %w (%s)", ErrUnreachable, c.socket, cause, advice)
}

func dialAdvice(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "start it with 'remora agent', or name the socket that it uses"
	case errors.Is(err, fs.ErrPermission):
		return "your user must be in the group that the agent's api block names"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there; start the agent again"
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENAMETOOLONG):
		return "a socket's path has at most 107 bytes"
	}
	return "is this the socket of an agent?"
}

// rootCause is the system's word for it, without the names of the calls that met it.
func rootCause(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}

// hungUp says whether err is the other side's end of a connection. net/http has no exported error
// for a connection that ended while it was idle, hence the text.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		err.Error() == "http: server closed idle connection"
}
