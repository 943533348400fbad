package discovery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// supervise calls work again and again until ctx ends. Every return before that is a failure: failed
// hears of it, and a pause follows, which is told how many failures there were in a row. That starts
// over once the work has lasted for the longest delay of a backoff.
func supervise(ctx context.Context, pause func(context.Context, int, error) error, work func(context.Context) error, failed func(error)) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		started := time.Now()
		err := guard(ctx, work)
		if ctx.Err() != nil {
			return
		}
		failed(err)
		if time.Since(started) >= DefaultBackoff.Max {
			attempt = 0
		}
		if pause(ctx, attempt, err) != nil {
			return
		}
	}
}

// errEnded stands for the error of a provider that returned early and gave none.
var errEnded = errors.New("provider ended early and gave no error")

// panicError is what a panic in a provider becomes.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("provider panicked: %v", e.value) }

// guard runs work once, ends the context that it was given and turns a panic into an error, so that a
// fault in a provider costs its services their freshness and nothing else.
func guard(ctx context.Context, work func(context.Context) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value, debug.Stack()}
		}
	}()
	if err := work(ctx); err != nil {
		return err
	}
	return errEnded
}
