package health

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
)

// userAgent is how probes introduce themselves.
const userAgent = "remora-health"

// maxBodyBytes is how much of an answer is read. It lets most servers finish their answer.
const maxBodyBytes = 10 << 10

// prober makes probes over the network. No environment variable sends one through a proxy.
type prober struct {
	dialer net.Dialer
	roots  rootsCache
}

func newProber() *prober {
	return &prober{dialer: net.Dialer{KeepAlive: -1}} // no probe lives long enough
}

// probe makes one probe and returns nil when the backend is fine. It gives up when ctx ends and
// leaves nothing behind, neither a goroutine nor a connection. The check is as normal returns it.
func (p *prober) probe(ctx context.Context, address string, check Check) error {
	err := p.dispatch(ctx, address, check)
	if err != nil && ctx.Err() != nil && !isLocal(err) {
		return ctx.Err() // whatever half an answer looked like when the time was up
	}
	return err
}

func (p *prober) dispatch(ctx context.Context, address string, check Check) error {
	switch check.Type {
	case TypeTCP:
		return p.tcp(ctx, address)
	case TypeHTTP:
		return p.http(ctx, address, check)
	case TypeGRPC:
		return p.grpc(ctx, address, check)
	default:
		return fmt.Errorf("%w: there is no such type of check: want %s", errLocal, oneOf(types))
	}
}

func (p *prober) tcp(ctx context.Context, address string) error {
	conn, err := p.dial(ctx, address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// dial opens a connection that ends with a reset when it is closed. An orderly end would leave each
// probe's port in TIME_WAIT for a minute, and thousands of targets would use up the local ports.
func (p *prober) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := p.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	// Some systems refuse this once the other end has reset the connection: then there is no need.
	_ = conn.(*net.TCPConn).SetLinger(0)
	return conn, nil
}

// tlsConfig is for one connection to the address that speaks the protocol (an ALPN name).
func (p *prober) tlsConfig(address string, check Check, protocol string) (*tls.Config, error) {
	roots, err := p.roots.load(check.CAFile)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		ServerName:         serverName(address, check),
		InsecureSkipVerify: check.TLSSkipVerify,
		RootCAs:            roots,
		NextProtos:         []string{protocol},
	}, nil
}

// serverName is the first that is set of the check's server name, its Host and the address, as a
// host without a port.
func serverName(address string, check Check) string {
	if check.TLSServerName != "" {
		return check.TLSServerName
	}
	name := address
	if check.Host != "" {
		name = check.Host
	}
	if host, _, err := net.SplitHostPort(name); err == nil {
		return host
	}
	return name
}
