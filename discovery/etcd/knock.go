package etcd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// knock asks one small question: a linearizable read, which needs a leader and a quorum. What a session
// asks after it is large, so it is asked of a server only that has answered this.
func (s *session) knock(ctx context.Context) error {
	if err := s.askSmall(ctx); err != nil {
		return err
	}
	s.answered = true
	s.alive()
	return nil
}

func (s *session) askSmall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.RequestTimeout)
	defer cancel()
	start, end := keyRange(s.config.Prefix)
	_, err := s.client.Get(ctx, start, clientv3.WithRange(end), clientv3.WithLimit(1), clientv3.WithKeysOnly())
	if err != nil {
		return fmt.Errorf("ask etcd whether it serves prefix %q: %w", s.config.Prefix, err)
	}
	return nil
}

// pause is how long to wait after a session that ended with err, the attempt-th in a row without
// success. While etcd answers nothing, that is a second at most, so that it is followed again soon after
// it does: a try costs it next to nothing then. Whom it refuses, and who fails with what comes after
// the first answer, backs off.
func (p *Provider) pause(s *session, attempt int, err error) time.Duration {
	if errors.Is(err, errRenewed) {
		return 0
	}
	delay := p.config.Backoff.Delay(attempt, rand.Float64())
	if s.answered && !s.worked || refused(err) {
		return delay
	}
	return min(delay, p.config.KnockEvery/2+time.Duration(rand.Float64()*float64(p.config.KnockEvery/2)))
}

// refused says whether etcd has understood who asks for what, and does not grant it. To check a
// password costs it more than anything else.
func refused(err error) bool {
	code := status.Code(err)
	if e, ok := errors.AsType[rpctypes.EtcdError](err); ok {
		code = e.Code()
	}
	switch code {
	case codes.InvalidArgument, codes.PermissionDenied, codes.Unauthenticated, codes.FailedPrecondition:
		return true
	default:
		return false
	}
}
