package grpcresolver

import (
	"context"
	"errors"
	"time"

	grpcbalancer "google.golang.org/grpc/balancer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/remora-agent/remora/balancer"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

var errOtherResolver = errors.New(`the policy "` + Policy + `" is for targets ` + Scheme + `:///SERVICE`)

// picker chooses among the backends that are ready.
type picker struct {
	source *source
	ready  map[string]grpcbalancer.SubConn // by address
}

// Pick implements balancer.Picker. Where the backend that the strategy wants is not ready, it chooses again
// among those that are. When the group has just changed and none of them belongs to it, the call waits
// for the picker that is on its way.
func (p *picker) Pick(info grpcbalancer.PickInfo) (grpcbalancer.PickResult, error) {
	pick := client.PickOf(info.Ctx)
	use, err := p.source.acquire(pick)
	if err == nil && p.ready[use.Address()] == nil {
		use.End(wire.Outcome{})
		pick.Exclude = p.notReady()
		use, err = p.source.acquire(pick)
		if errors.Is(err, balancer.ErrNoHealthyBackend) {
			return grpcbalancer.PickResult{}, grpcbalancer.ErrNoSubConnAvailable
		}
	}
	if err != nil {
		return grpcbalancer.PickResult{}, err
	}
	conn := p.ready[use.Address()]
	if conn == nil {
		use.End(wire.Outcome{})
		return grpcbalancer.PickResult{}, grpcbalancer.ErrNoSubConnAvailable
	}
	began := time.Now()
	return grpcbalancer.PickResult{
		SubConn: conn,
		Done:    func(done grpcbalancer.DoneInfo) { use.End(outcome(done, time.Since(began))) },
	}, nil
}

func (s *source) acquire(pick balancer.Pick) (*client.Use, error) {
	return s.balancer.Acquire(s.service, pick)
}

// notReady lists the backends that could be chosen and have no connection.
func (p *picker) notReady() []string {
	var addresses []string
	for _, e := range p.source.balancer.Eligible(p.source.service) {
		if p.ready[e.Address] == nil {
			addresses = append(addresses, e.Address)
		}
	}
	return addresses
}

// outcome blames a backend for what Envoy's outlier detection takes for a server's fault. A call that its
// caller gave up tells nothing, and neither does one that gRPC took elsewhere because the connection had
// just ended; every other status is an answer.
func outcome(done grpcbalancer.DoneInfo, latency time.Duration) wire.Outcome {
	if errors.Is(done.Err, context.Canceled) || done.Err == nil && !done.BytesSent && !done.BytesReceived {
		return wire.Outcome{}
	}
	switch status.Code(done.Err) {
	case codes.Canceled:
		return wire.Outcome{}
	case codes.Unknown, codes.DeadlineExceeded, codes.Internal, codes.Unavailable, codes.DataLoss:
		return client.Failed(latency)
	}
	return client.Succeeded(latency)
}
