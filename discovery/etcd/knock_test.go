package etcd

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/remora-agent/remora/discovery"
)

func TestPauseBetweenSessions(t *testing.T) {
	const late = 1000 // attempts
	never, silent := session{}, errors.New("nothing was heard")
	for _, test := range []struct {
		name    string
		session session
		err     error
		most    time.Duration
	}{
		{"no answer", never, silent, time.Second},
		{"no leader", never, rpctypes.ErrNoLeader, time.Second},
		{"lost after it worked", session{answered: true, worked: true}, silent, time.Second},
		{"no list after an answer", session{answered: true}, silent, 15 * time.Second},
		{"wrong password", never, fmt.Errorf("connect: %w", rpctypes.ErrAuthFailed), 15 * time.Second},
		{"not permitted", never, rpctypes.ErrPermissionDenied, 15 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &Provider{config: Config{Backoff: discovery.DefaultBackoff, KnockEvery: time.Second}}
			var longest time.Duration
			for range 1000 {
				longest = max(longest, p.pause(&test.session, late, test.err))
			}
			if longest > test.most || longest < test.most*9/10 {
				t.Errorf("the longest pause of 1,000 is %v, want at most %v, and close to it", longest, test.most)
			}
		})
	}
}
