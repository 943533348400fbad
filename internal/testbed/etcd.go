package testbed

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// guard bounds every wait for a server. It only ends tests that would hang.
const guard = time.Minute

// EtcdConfig says what kind of etcd a test wants; the zero value is one member without TLS.
type EtcdConfig struct {
	Members  int           // 1 by default
	CA       *CA           // set: TLS, and clients must show a certificate of this authority
	TokenTTL time.Duration // life of a token once EnableAuth was called; whole seconds, 0: etcd's own

	MaxRequestBytes int // 0: etcd's own
}

// Etcd is a cluster of real etcd servers that ends with the test.
type Etcd struct {
	Members []*Member

	t      testing.TB
	config EtcdConfig
	tls    Pair // of the servers, and of the client that Client returns
	user   string
	secret string
	client *clientv3.Client
}

// StartEtcd starts a cluster and returns once every member serves.
func StartEtcd(t testing.TB, config EtcdConfig) *Etcd {
	t.Helper()
	config.Members = max(1, config.Members)
	e := &Etcd{t: t, config: config}
	if config.CA != nil {
		e.tls = config.CA.Issue(t, "etcd")
	}
	binary := EtcdBinary(t)
	var err error
	for range 3 { // another process may take a port between finding it free and etcd's bind
		if err = e.start(binary, t.TempDir()); err == nil {
			break
		}
		e.killAll()
	}
	if err != nil {
		t.Fatalf("start etcd: %v", err)
	}
	t.Cleanup(e.killAll)
	for _, member := range e.Members {
		if _, err := e.status(member); err != nil {
			t.Fatalf("ask etcd %s for its status: %v", member.name, err)
		}
	}
	return e
}

func (e *Etcd) start(binary, dir string) error {
	addresses, err := freeAddresses(3 * e.config.Members)
	if err != nil {
		return err
	}
	e.Members = make([]*Member, e.config.Members)
	for i := range e.Members {
		e.Members[i] = &Member{
			name:    fmt.Sprintf("m%d", i),
			binary:  binary,
			dir:     filepath.Join(dir, fmt.Sprintf("m%d", i)),
			scheme:  e.scheme(),
			client:  addresses[3*i],
			peer:    addresses[3*i+1],
			metrics: addresses[3*i+2],
		}
	}
	for _, member := range e.Members {
		member.args = e.flags(member)
		if err := member.start(); err != nil {
			return err
		}
	}
	return e.awaitReady()
}

func (e *Etcd) flags(m *Member) []string {
	peers := make([]string, len(e.Members))
	for i, member := range e.Members {
		peers[i] = member.name + "=http://" + member.peer
	}
	flags := []string{
		"--name", m.name, "--data-dir", m.dir,
		"--listen-client-urls", m.Endpoint(), "--advertise-client-urls", m.Endpoint(),
		"--listen-peer-urls", "http://" + m.peer, "--initial-advertise-peer-urls", "http://" + m.peer,
		"--initial-cluster", strings.Join(peers, ","), "--initial-cluster-state", "new",
		"--listen-metrics-urls", "http://" + m.metrics,
		"--unsafe-no-fsync", // the page cache outlives a SIGKILL, and no test pulls the plug
	}
	if e.config.CA != nil {
		flags = append(flags, "--cert-file", e.tls.CertFile, "--key-file", e.tls.KeyFile,
			"--client-cert-auth", "--trusted-ca-file", e.config.CA.File)
	}
	if e.config.MaxRequestBytes > 0 {
		flags = append(flags, "--max-request-bytes", fmt.Sprint(e.config.MaxRequestBytes))
	}
	if e.config.TokenTTL > 0 {
		flags = append(flags, "--auth-token", "simple",
			"--auth-token-ttl", fmt.Sprint(int(e.config.TokenTTL.Seconds())))
	}
	return flags
}

func (e *Etcd) scheme() string {
	if e.config.CA != nil {
		return "https"
	}
	return "http"
}

func (e *Etcd) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	for _, member := range e.Members {
		if err := member.process.awaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e *Etcd) killAll() {
	for _, member := range e.Members {
		if member != nil && member.process != nil {
			member.Kill()
		}
	}
}

// Endpoints are the URLs that clients may use.
func (e *Etcd) Endpoints() []string {
	endpoints := make([]string, len(e.Members))
	for i, member := range e.Members {
		endpoints[i] = member.Endpoint()
	}
	return endpoints
}

// Leader returns the member that leads; it fails the test where there is none.
func (e *Etcd) Leader() *Member {
	e.t.Helper()
	for _, member := range e.Members {
		status, err := e.status(member)
		if err == nil && status.Leader == status.Header.MemberId {
			return member
		}
	}
	e.t.Fatal("find the leader of etcd: no member leads")
	return nil
}

// other returns a member that is not m.
func (e *Etcd) other(m *Member) *Member {
	if e.Members[0] != m {
		return e.Members[0]
	}
	return e.Members[1]
}

func (e *Etcd) status(m *Member) (*clientv3.StatusResponse, error) {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	return e.Client().Status(ctx, m.Endpoint())
}
