package etcd

import (
	"context"
	"fmt"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/remora-agent/remora/discovery/credential"
)

// connect makes a client. It blocks only while it authenticates.
func (s *session) connect(ctx context.Context) (*clientv3.Client, error) {
	return s.connectWith(ctx, s.access.Current())
}

func (s *session) connectWith(ctx context.Context, m credential.Material) (*clientv3.Client, error) {
	tlsConfig, err := s.config.tlsConfig(m)
	if err != nil {
		return nil, err
	}
	return clientv3.New(clientv3.Config{
		Context:              ctx,
		Endpoints:            s.config.Endpoints,
		Username:             s.config.Username,
		Password:             m.Secret,
		TLS:                  tlsConfig,
		DialTimeout:          s.config.RequestTimeout,
		DialKeepAliveTime:    s.config.KeepaliveTime,
		DialKeepAliveTimeout: s.config.KeepaliveTimeout,
		Logger:               zap.NewNop(), // what matters comes back as an error
		DialOptions: []grpc.DialOption{
			grpc.WithConnectParams(s.config.connectParams()),
			grpc.WithChainUnaryInterceptor(authenticateOrFail),
		},
	})
}

func (c Config) connectParams() grpc.ConnectParams {
	return grpc.ConnectParams{
		Backoff: backoff.Config{
			BaseDelay:  c.Backoff.Min,
			Multiplier: 2,
			Jitter:     0.5,
			MaxDelay:   c.Backoff.Max,
		},
		MinConnectTimeout: c.RequestTimeout,
	}
}

// authenticateOrFail has authentication fail as soon as no endpoint can be connected to. The client
// library would wait for one until its time is up, and then not say why.
func authenticateOrFail(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	if method == pb.Auth_Authenticate_FullMethodName {
		options = append(options, grpc.WaitForReady(false))
	}
	return invoke(ctx, method, request, reply, conn, options...)
}

// untilUnreachable returns an error as soon as no endpoint can be connected to. The client library
// would hide that behind retries of its own.
func (s *session) untilUnreachable(ctx context.Context) error {
	conn := s.client.ActiveConnection()
	for {
		state := conn.GetState()
		if state == connectivity.TransientFailure {
			if why := whyUnreachable(ctx, conn); why != "" {
				return fmt.Errorf("connect to etcd: no endpoint of %s is reachable: %s", strings.Join(s.config.Endpoints, ", "), why)
			}
		}
		if !conn.WaitForStateChange(ctx, state) {
			return ctx.Err()
		}
	}
}

// whyUnreachable returns what the last attempt to connect failed with, or nothing if one has succeeded
// meanwhile. The library tells that only to a call, which then goes no further.
func whyUnreachable(ctx context.Context, conn *grpc.ClientConn) string {
	_, err := pb.NewKVClient(conn).Range(ctx, &pb.RangeRequest{Key: []byte{0}, Limit: 1, CountOnly: true})
	if status.Code(err) != codes.Unavailable {
		return ""
	}
	return status.Convert(err).Message()
}
