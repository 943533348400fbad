package testbed

import (
	"context"
	"errors"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Client returns a client that may do everything. It ends with the test.
func (e *Etcd) Client() *clientv3.Client {
	e.t.Helper()
	if e.client != nil {
		return e.client
	}
	config := clientv3.Config{
		Endpoints:   e.Endpoints(),
		Username:    e.user,
		Password:    e.secret,
		DialTimeout: guard,
		Logger:      zap.NewNop(),

		MaxCallSendMsgSize: 2 * e.config.MaxRequestBytes,
	}
	if e.config.CA != nil {
		config.TLS = e.config.CA.ClientConfig(e.t, e.tls)
	}
	client, err := clientv3.New(config)
	if err != nil {
		e.t.Fatalf("connect to etcd: %v", err)
	}
	e.t.Cleanup(func() { _ = client.Close() })
	e.client = client
	return client
}

// EnableAuth turns authentication on. The user root has the same password and may do everything.
func (e *Etcd) EnableAuth(user, password, prefix string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	end := clientv3.GetPrefixRangeEnd(prefix)
	client := e.Client()
	for _, step := range []func() error{
		func() error { _, err := client.RoleAdd(ctx, "reader"); return err },
		func() error {
			read := clientv3.PermissionType(clientv3.PermRead)
			_, err := client.RoleGrantPermission(ctx, "reader", prefix, end, read)
			return err
		},
		func() error { _, err := client.UserAdd(ctx, user, password); return err },
		func() error { _, err := client.UserGrantRole(ctx, user, "reader"); return err },
		func() error { _, err := client.UserAdd(ctx, "root", password); return err },
		func() error { _, err := client.UserGrantRole(ctx, "root", "root"); return err },
		func() error { _, err := client.AuthEnable(ctx); return err },
	} {
		if err := step(); err != nil {
			e.t.Fatalf("enable authentication: %v", err)
		}
	}
	e.user, e.secret, e.client = "root", password, nil
}

// Reconnect has the next use of Client make a new one: the old one would wait out a backoff of its own
// before it notices that etcd is back.
func (e *Etcd) Reconnect() { e.client = nil }

// ChangePassword gives a user another password, once EnableAuth was called.
func (e *Etcd) ChangePassword(user, password string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if _, err := e.Client().UserChangePassword(ctx, user, password); err != nil {
		e.t.Fatalf("change a password: %v", err)
	}
}

// passing says that an error of a write will go away by itself: an election, a member that is down.
func passing(err error) bool {
	var etcdError rpctypes.EtcdError
	return errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &etcdError) && etcdError.Code() == codes.Unavailable ||
		status.Code(err) == codes.Unavailable
}
