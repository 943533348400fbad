package api

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
)

// How long the listener waits before it tries again to accept a connection that it could not.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 250 * time.Millisecond
)

// scarcity is a time in which connections can't be accepted, because the process or the system has run
// out of what it takes, mostly file descriptors. Those who connect wait in the kernel's queue meanwhile,
// and those who are connected are served.
type scarcity struct {
	log      hclog.Logger
	failures *atomic.Uint64
	since    time.Time // zero: there is none
	retry    time.Duration
}

// accept waits for a connection, if need be until the system can give one. It does not spin, and ends
// when the listener is closed. One goroutine calls it.
func (l *listener) accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err == nil {
			l.scarce.over(time.Now)
			return raw, nil
		}
		if !isScarcity(err) {
			return nil, err
		}
		if err := l.scarce.wait(l.closing, err); err != nil {
			return nil, net.ErrClosed
		}
	}
}

// isScarcity says whether trying again may help. The names are those of accept(2).
func isScarcity(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// wait waits before the next try, longer each time. The log gets a line when it begins.
func (s *scarcity) wait(ctx context.Context, reason error) error {
	s.failures.Add(1)
	if s.since.IsZero() {
		s.since, s.retry = time.Now(), firstRetry
		s.log.Warn("connections can't be accepted; they wait", "error", reason)
	}
	timer := time.NewTimer(s.retry)
	defer timer.Stop()
	s.retry = min(2*s.retry, lastRetry)
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// over says that a connection was accepted. The clock is read only where that is news.
func (s *scarcity) over(now func() time.Time) {
	if s.since.IsZero() {
		return
	}
	s.log.Info("connections are accepted again", "after", now().Sub(s.since))
	s.since = time.Time{}
}
