package health

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	grpchealth "google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// healthServer is a real gRPC server with the standard health service.
func healthServer(options ...grpc.ServerOption) *grpc.Server {
	health := grpchealth.NewServer()
	health.SetServingStatus("up", healthpb.HealthCheckResponse_SERVING)
	health.SetServingStatus("down", healthpb.HealthCheckResponse_NOT_SERVING)
	server := grpc.NewServer(options...)
	healthpb.RegisterHealthServer(server, health)
	return server
}

// serveGRPC serves until the test ends.
func serveGRPC(t *testing.T, l net.Listener, server *grpc.Server) (address string) {
	done := make(chan error)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestGRPC(t *testing.T) {
	service := func(name string) Check { return Check{Type: TypeGRPC, GRPCService: name} }
	address := serveGRPC(t, loopback(t, "127.0.0.1"), healthServer())
	bare := serveGRPC(t, loopback(t, "127.0.0.1"), grpc.NewServer())
	t.Setenv("HTTPS_PROXY", "http://"+closedPort(t))

	expect(t, address, service(""), kindOK, "")
	expect(t, address, service("up"), kindOK, "")
	expect(t, address, service("down"), kindFailed, "grpc: NOT_SERVING")
	expect(t, address, service("other"), kindFailed, `grpc: the server knows no service "other"`)
	expect(t, bare, service(""), kindFailed, "grpc: the server has no service grpc.health.v1.Health")
	expect(t, closedPort(t), service(""), kindFailed, "grpc: connection refused")
	expect(t, "no-such-host.invalid:80", service(""), kindFailed, `grpc: look up "no-such-host.invalid"`)

	silent := listen(t, func(conn net.Conn) {
		for buf := make([]byte, 512); ; { // reads whatever comes, says nothing
			if _, err := conn.Read(buf); err != nil {
				return
			}
		}
	})
	expect(t, silent, Check{Type: TypeGRPC, Timeout: 200 * ms}, kindTimeout, "grpc: no answer within 200ms")
	expect(t, blackHole(t), Check{Type: TypeGRPC, Timeout: 200 * ms}, kindTimeout, "grpc: no answer within 200ms")
	rude := listen(t, func(net.Conn) {})
	expect(t, rude, service(""), kindFailed, "grpc: Unavailable")
}

func TestGRPCOverTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil) // for its certificate, of example.com and 127.0.0.1
	defer certified.Close()
	creds := credentials.NewTLS(&tls.Config{Certificates: certified.TLS.Certificates})
	address := serveGRPC(t, loopback(t, "127.0.0.1"), healthServer(grpc.Creds(creds)))
	ca := writeCA(t, certified.Certificate().Raw)

	expect(t, address, Check{Type: TypeGRPC, TLS: true}, kindFailed, "x509: certificate signed by unknown authority")
	expect(t, address, Check{Type: TypeGRPC, TLS: true, TLSSkipVerify: true}, kindOK, "")
	expect(t, address, Check{Type: TypeGRPC, TLS: true, CAFile: ca}, kindOK, "")
	expect(t, address, Check{Type: TypeGRPC, TLS: true, CAFile: ca, TLSServerName: "example.com"}, kindOK, "")
	expect(t, address, Check{Type: TypeGRPC, TLS: true, CAFile: ca, Host: "example.com"}, kindOK, "")
	expect(t, address, Check{Type: TypeGRPC, TLS: true, CAFile: ca, TLSServerName: "other.test"}, kindFailed, "not other.test")
	expect(t, address, Check{Type: TypeGRPC, TLS: true, CAFile: ca + ".gone"}, kindLocal, "no such file")
	expect(t, address, Check{Type: TypeGRPC}, kindFailed, "grpc: ")
}
