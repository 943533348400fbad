package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// grpc asks grpc.health.v1.Health/Check on a connection of its own.
func (p *prober) grpc(ctx context.Context, address string, check Check) error {
	link := &link{
		prober:               p,
		address:              address,
		serverName:           serverName(address, check),
		TransportCredentials: insecure.NewCredentials(),
	}
	if check.TLS {
		config, err := p.tlsConfig(address, check, "h2")
		if err != nil {
			return err
		}
		config.ServerName = "" // gRPC would want it to equal the authority
		link.TransportCredentials = credentials.NewTLS(config)
	}
	authority := address
	if check.Host != "" {
		authority = check.Host
	}
	conn, err := grpc.NewClient("passthrough:///backend",
		grpc.WithAuthority(authority),
		grpc.WithContextDialer(link.dial),
		grpc.WithTransportCredentials(link),
		grpc.WithNoProxy(),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithUserAgent(userAgent),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxBodyBytes)),
	)
	if err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	defer conn.Close()
	answer, err := healthpb.NewHealthClient(conn).Check(ctx,
		&healthpb.HealthCheckRequest{Service: check.GRPCService})
	if err != nil {
		return link.explain(err, check.GRPCService)
	}
	if answer.Status != healthpb.HealthCheckResponse_SERVING {
		return errors.New(answer.Status.String())
	}
	return nil
}

// link makes gRPC's connection to one address and remembers why it could not: gRPC itself tells only
// in prose, in which neither a full table of descriptors nor a refusal can be told apart.
type link struct {
	credentials.TransportCredentials
	prober     *prober
	address    string
	serverName string
	failure    atomic.Pointer[error]
}

func (l *link) dial(ctx context.Context, _ string) (net.Conn, error) {
	conn, err := l.prober.dial(ctx, l.address)
	return conn, l.remember(err)
}

// ClientHandshake is gRPC's way to ask for TLS, or for none. Left to itself it verifies the authority;
// this has it verify the server name of the check.
func (l *link) ClientHandshake(ctx context.Context, _ string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := l.TransportCredentials.ClientHandshake(ctx, l.serverName, raw)
	return conn, info, l.remember(err)
}

func (l *link) remember(err error) error {
	if err != nil {
		l.failure.Store(&err)
	}
	return err
}

// explain finds the reason behind the error of a call.
func (l *link) explain(err error, service string) error {
	switch answer := status.Convert(err); answer.Code() {
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Unimplemented:
		return errors.New("the server has no service grpc.health.v1.Health")
	case codes.NotFound:
		return fmt.Errorf("the server knows no service %q", service)
	case codes.Unavailable:
		if failure := l.failure.Load(); failure != nil {
			return *failure
		}
		fallthrough
	default:
		return fmt.Errorf("%v: %s", answer.Code(), answer.Message())
	}
}
