package supervisor

import (
	"context"
	"fmt"
	"time"
)

// pings is how often in the watchdog's time a healthy agent is heard: one that is late, or lost, is no
// reason yet.
const pings = 3

// Watch keeps the watchdog quiet until ctx ends, for as long as work succeeds. Work is the proof that the
// agent does what it is there for, and gets a third of the watchdog's time, after which its context ends;
// it gives the status to show. Work that fails is logged when that begins, and work that hangs beyond its
// context hangs Watch: in both cases the supervisor hears nothing, and acts. An interval of 0 is no
// watchdog.
func (n *Notifier) Watch(ctx context.Context, interval time.Duration, work func(context.Context) (status string, err error)) error {
	if interval <= 0 {
		return nil
	}
	ticker := time.NewTicker(interval / pings)
	defer ticker.Stop()
	failing := false
	for {
		status, err := attempt(ctx, interval/pings, work)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			failing = false
			n.alive(status)
		case !failing:
			failing = true
			n.log.Error("the agent does not work, its supervisor is not told that it is alive", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func attempt(ctx context.Context, limit time.Duration, work func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s", limit))
	defer cancel()
	status, err := work(ctx)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return status, err
}
