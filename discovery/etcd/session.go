package etcd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/errgroup"
)

var errWatchClosed = errors.New("the watch was closed without a reason")

// session is one connected stretch of Run. Nothing of it is used again after an error: the next
// session has new connections, which may lead to another member.
type session struct {
	*Provider
	client   *clientv3.Client
	watchdog *time.Timer // ends the session unless it is reset
	silence  *time.Timer // has the watch opened again unless it is reset
	events   clientv3.WatchChan
	unwatch  context.CancelFunc // ends the watch that events comes from
	applied  int64              // the revision up to which the mirror holds everything
	arrived  int64              // the revision up to which the server says to have sent everything
	answered bool               // the server has answered one small question
	listed   bool               // a list was complete
	worked   bool               // the watch has delivered
}

// run lists and follows the prefix until something goes wrong or ctx ends. It is called once.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(clientv3.WithRequireLeader(ctx))
	defer cancel(nil)
	silent := fmt.Errorf("follow etcd: nothing was heard for %s", s.config.StallAfter)
	s.watchdog = time.AfterFunc(s.config.StallAfter, func() { cancel(silent) })
	defer s.watchdog.Stop()
	s.silence = time.NewTimer(s.impatience())
	defer s.silence.Stop()
	err := s.serve(ctx)
	if errors.Is(context.Cause(ctx), silent) {
		return silent
	}
	return err
}

// alive notes that the server has answered.
func (s *session) alive() {
	s.watchdog.Reset(s.config.StallAfter)
	s.silence.Reset(s.impatience())
}

// impatience is how long the watch may be silent: one question for progress was not answered.
func (s *session) impatience() time.Duration { return s.config.ProgressEvery * 3 / 2 }

func (s *session) serve(ctx context.Context) (err error) {
	if s.client, err = s.connect(ctx); err != nil {
		return fmt.Errorf("connect to etcd: %w", err)
	}
	defer func() { _ = s.client.Close() }() // it repeats the context's error
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.untilUnreachable(ctx) })
	group.Go(func() error { return s.untilRenewed(ctx) })
	group.Go(func() error {
		if err := s.knock(ctx); err != nil {
			return err
		}
		if err := s.list(ctx); err != nil {
			return err
		}
		s.watch(ctx)
		group.Go(func() error { return s.askProgress(ctx) })
		group.Go(func() error { return s.recheck(ctx) })
		return s.follow(ctx)
	})
	return group.Wait()
}

// untilRenewed returns an error once there is something new to show to etcd.
func (s *session) untilRenewed(ctx context.Context) error {
	select {
	case <-s.renewed:
		return errRenewed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watch opens the one watch, in the place of the one there was. It begins with a revision that has
// arrived already, which apply skips, and not with the next: etcd answers no question for progress
// before it has reached the revision that a watch began with, and a quiet etcd never does.
func (s *session) watch(ctx context.Context) {
	if s.unwatch != nil {
		s.unwatch()
	}
	ctx, s.unwatch = context.WithCancel(ctx)
	start, end := keyRange(s.config.Prefix)
	s.events = s.client.Watch(ctx, start, clientv3.WithRange(end), clientv3.WithRev(s.arrived),
		clientv3.WithFragment(), clientv3.WithProgressNotify())
}

// askProgress asks how far the watch is, again and again: an answer is due even when nothing changes.
// The context must be that of the watch, since the library finds the stream by its metadata.
func (s *session) askProgress(ctx context.Context) error {
	ticker := time.NewTicker(s.config.ProgressEvery)
	defer ticker.Stop()
	for {
		if err := s.client.RequestProgress(ctx); err != nil {
			return fmt.Errorf("ask etcd for progress: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// follow applies what the watch delivers, and lists again from time to time. What the watch delivers
// meanwhile waits in the client; apply skips what the list has brought already. A watch that is silent
// is opened again: after a connection broke the client library resumes it with the next revision, as
// watch never does. If it is the server that is silent, the watchdog ends the session.
func (s *session) follow(ctx context.Context) error {
	relist := time.NewTicker(jittered(s.config.RelistEvery))
	defer relist.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-relist.C:
			if err := s.list(ctx); err != nil {
				return err
			}
			relist.Reset(jittered(s.config.RelistEvery))
		case <-s.silence.C:
			s.watch(ctx)
			s.silence.Reset(s.impatience())
		case response, ok := <-s.events:
			if !ok {
				return fmt.Errorf("follow etcd: %w", errWatchClosed)
			}
			if err := s.handle(&response); err != nil {
				return fmt.Errorf("follow etcd: %w", err)
			}
		}
	}
}

// handle applies one response. Without events, one from before what is known proves nothing: it comes
// from a member that lags behind, or from a cluster that was restored from a backup and has nothing to
// say until it has caught up. Where that lasts, the watchdog ends the session. Recent servers don't
// answer then; old ones do.
func (s *session) handle(response *clientv3.WatchResponse) error {
	if err := response.Err(); err != nil {
		return err
	}
	if id := response.Header.GetClusterId(); s.history.isOther(id) {
		return fmt.Errorf("cluster %s answers in the place of %s", clusterID(id), clusterID(s.history.cluster))
	}
	revision := response.Header.GetRevision()
	if n := len(response.Events); n > 0 { // more may follow: the header can be ahead of what was sent
		revision = response.Events[n-1].Kv.ModRevision
	} else if revision < s.arrived {
		return nil
	}
	s.arrived = max(s.arrived, revision)
	s.history.revision = max(s.history.revision, revision)
	s.worked = true
	s.alive()
	s.mirror.refresh(time.Now(), s.config.ProgressEvery/2) // first: what is published carries its time
	s.applied = s.mirror.apply(response.Events, s.applied)
	return nil
}

// jittered spreads d by a tenth up and down, so that agents started together do not stay together.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
