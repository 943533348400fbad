package etcd

import (
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestProgressFromThePastIsNoAnswer stands in for servers that report progress below the revision that
// a watch starts from; the server that the other tests run is silent then.
func TestProgressFromThePastIsNoAnswer(t *testing.T) {
	p, err := New(Config{Endpoints: []string{"127.0.0.1:1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{
		Provider: p,
		arrived:  100,
		watchdog: time.AfterFunc(time.Hour, func() {}),
		silence:  time.NewTimer(time.Hour),
	}
	defer s.watchdog.Stop()
	for _, test := range []struct {
		revision int64
		worked   bool
	}{{99, false}, {100, true}} {
		response := clientv3.WatchResponse{Header: &etcdserverpb.ResponseHeader{Revision: test.revision}}
		if err := s.handle(&response); err != nil {
			t.Fatal(err)
		}
		if answered := !p.Status().Heard.IsZero(); s.worked != test.worked || answered != test.worked {
			t.Errorf("progress at revision %d after 100 counts as an answer: %v, want %v", test.revision, answered, test.worked)
		}
	}
}
