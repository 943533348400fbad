package agent

import (
	"context"
	"errors"
	"fmt"
)

// stage is a part of the agent that runs until its context ends.
type stage struct {
	name string
	run  func(context.Context) error
}

// runStages starts the stages in order and runs them until ctx ends or one of them fails. Then it
// ends them one by one, the last first, so that none loses what it stands on, and waits for each.
func runStages(ctx context.Context, stages []stage) error {
	failed := make(chan struct{}, len(stages))
	running := make([]*run, len(stages))
	for i, s := range stages {
		running[i] = s.start(context.WithoutCancel(ctx), failed)
	}
	select {
	case <-ctx.Done():
	case <-failed:
	}
	var errs []error
	for i := len(running) - 1; i >= 0; i-- {
		running[i].cancel()
		<-running[i].done
		errs = append(errs, running[i].err)
	}
	return errors.Join(errs...)
}

// run is a stage that was started.
type run struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // once done is closed; nil after an orderly end
}

func (s stage) start(ctx context.Context, failed chan<- struct{}) *run {
	ctx, cancel := context.WithCancel(ctx)
	r := &run{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		err := s.run(ctx)
		if err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			r.err = fmt.Errorf("%s: %w", s.name, err)
			failed <- struct{}{}
		}
	}()
	return r
}
