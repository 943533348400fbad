package etcd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
)

var errWatchClosed = errors.New("the watch was closed without a reason")

// session is one connected stretch of Run. Nothing of it is used again after an error: the next
// session has new connections, which may lead to another member.
type session struct {
	*Provider
	client   *clientv3.Client
	watchdog *time.Timer // ends the session unless it is reset
	applied  int64       // the revision up to which the mirror holds everything
	newest   int64       // the highest revision that the server told of
	worked   bool        // the watch has delivered
}

// session lists and follows the prefix until something goes wrong or ctx ends. Worked says that it
// got as far as following.
func (p *Provider) session(ctx context.Context) (worked bool, err error) {
	ctx, cancel := context.WithCancelCause(clientv3.WithRequireLeader(ctx))
	defer cancel(nil)
	silent := fmt.Errorf("follow etcd: nothing was heard for %s", p.config.StallAfter)
	s := &session{Provider: p}
	s.watchdog = time.AfterFunc(p.config.StallAfter, func() { cancel(silent) })
	defer s.watchdog.Stop()
	err = s.run(ctx)
	if errors.Is(context.Cause(ctx), silent) {
		err = silent
	}
	return s.worked, err
}

func (s *session) run(ctx context.Context) (err error) {
	if s.client, err = s.connect(ctx); err != nil {
		return fmt.Errorf("connect to etcd: %w", err)
	}
	defer func() { _ = s.client.Close() }() // it repeats the context's error
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.untilUnreachable(ctx) })
	group.Go(func() error {
		if err := s.list(ctx); err != nil {
			return err
		}
		watch := s.watch(ctx)
		group.Go(func() error { return s.askProgress(ctx) })
		return s.follow(ctx, watch)
	})
	return group.Wait()
}

// connect makes a client. It blocks only while it authenticates.
func (s *session) connect(ctx context.Context) (*clientv3.Client, error) {
	tlsConfig, err := s.config.TLS.load()
	if err != nil {
		return nil, err
	}
	password, err := s.config.password()
	if err != nil {
		return nil, err
	}
	return clientv3.New(clientv3.Config{
		Context:              ctx,
		Endpoints:            s.config.Endpoints,
		Username:             s.config.Username,
		Password:             password,
		TLS:                  tlsConfig,
		DialTimeout:          s.config.RequestTimeout,
		DialKeepAliveTime:    s.config.KeepaliveTime,
		DialKeepAliveTimeout: s.config.KeepaliveTimeout,
		Logger:               zap.NewNop(), // what matters comes back as an error
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay:  s.config.Backoff.Min,
				Multiplier: 2,
				Jitter:     0.5,
				MaxDelay:   s.config.Backoff.Max,
			},
			MinConnectTimeout: s.config.RequestTimeout,
		})},
	})
}

// untilUnreachable returns an error as soon as no endpoint can be connected to. The client library
// would hide that behind retries of its own.
func (s *session) untilUnreachable(ctx context.Context) error {
	conn := s.client.ActiveConnection()
	for {
		state := conn.GetState()
		if state == connectivity.TransientFailure {
			return fmt.Errorf("connect to etcd: no endpoint of %s is reachable", strings.Join(s.config.Endpoints, ", "))
		}
		if !conn.WaitForStateChange(ctx, state) {
			return ctx.Err()
		}
	}
}

// watch opens the one watch, from the revision after the list on.
func (s *session) watch(ctx context.Context) clientv3.WatchChan {
	start, end := keyRange(s.config.Prefix)
	return s.client.Watch(ctx, start, clientv3.WithRange(end), clientv3.WithRev(s.applied+1),
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
// meanwhile waits in the client; apply skips what the list has brought already.
func (s *session) follow(ctx context.Context, watch clientv3.WatchChan) error {
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
		case response, ok := <-watch:
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
	revision := response.Header.GetRevision()
	if len(response.Events) == 0 && revision < s.newest {
		return nil
	}
	s.newest = max(s.newest, revision)
	s.worked = true
	s.watchdog.Reset(s.config.StallAfter)
	s.applied = s.mirror.apply(response.Events, s.applied)
	s.mirror.refresh(time.Now(), s.config.ProgressEvery/2)
	return nil
}

// jittered spreads d by a tenth up and down, so that agents started together do not stay together.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
