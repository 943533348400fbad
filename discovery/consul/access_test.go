package consul

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/internal/testbed"
)

// leastPolicy is what docs/operations.md tells operators to grant; a test compares the two.
const leastPolicy = `service_prefix "" {
  policy = "read"
}
node_prefix "" {
  policy = "read"
}`

// secured is a Consul with access control and a provider that reads its token from a file.
type secured struct {
	*watching
	consul *testbed.Consul
	t      *testing.T
	file   string
}

func startSecured(t *testing.T, rules string) *secured {
	t.Helper()
	s := &secured{consul: testbed.StartConsul(t, testbed.ConsulConfig{ACLs: true}), t: t}
	s.file = filepath.Join(t.TempDir(), "token")
	s.write(s.token(rules).SecretID)
	config := impatient(s.consul.Servers[0].HTTP())
	config.TokenFile = s.file
	s.watching = startProvider(t, config)
	return s
}

func (s *secured) write(token string) {
	s.t.Helper()
	must(s.t, os.WriteFile(s.file, []byte(token+"\n"), 0o600))
}

// token makes a token of a policy of its own.
func (s *secured) token(rules string) *api.ACLToken {
	s.t.Helper()
	acl := s.consul.Client().ACL()
	policy, _, err := acl.PolicyCreate(&api.ACLPolicy{Name: "p" + time.Now().Format("150405.000000000")[7:], Rules: rules}, nil)
	must(s.t, err)
	token, _, err := acl.TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: policy.ID}}}, nil)
	must(s.t, err)
	return token
}

func (s *secured) register(name, address string) {
	s.t.Helper()
	register(s.t, s.consul, api.AgentServiceRegistration{ID: name, Name: name, Address: address, Port: 80})
}

// TestLeastPolicy holds that what is documented is enough, and that each half of it is needed.
func TestLeastPolicy(t *testing.T) {
	t.Parallel()
	s := startSecured(t, leastPolicy)
	s.register("web", "10.0.0.1")
	s.Expect("web", "10.0.0.1:80")
	s.Expect("none")
	for _, less := range []string{`service_prefix "" { policy = "read" }`, `node_prefix "" { policy = "read" }`} {
		config := impatient(s.consul.Servers[0].HTTP())
		config.Token = s.token(less).SecretID
		w := startProvider(t, config)
		if err := w.sink("web").awaitFailures(t, 2); !strings.Contains(err.Error(), "access control has filtered") {
			t.Errorf("with %s: got the error %v", less, err)
		}
		if got := w.sink("web").published; got != 0 {
			t.Errorf("with %s: %d lists were published", less, got)
		}
	}
}

func TestLeastPolicyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	must(t, err)
	if !strings.Contains(string(text), "```\n"+leastPolicy+"\n```\n") {
		t.Errorf("docs/operations.md does not show the policy that the tests use:\n%s", leastPolicy)
	}
}

// TestNoTokenNeverEmpties asks without a token first, which Consul answers with an empty list.
func TestNoTokenNeverEmpties(t *testing.T) {
	t.Parallel()
	s := startSecured(t, leastPolicy)
	s.register("web", "10.0.0.1")
	w := startProvider(t, impatient(s.consul.Servers[0].HTTP()))
	if err := w.sink("web").awaitFailures(t, 3); !strings.Contains(err.Error(), "without a token") {
		t.Errorf("got the error %v", err)
	}
	if got := w.sink("web").published; got != 0 {
		t.Errorf("%d lists were published", got)
	}
}

// TestTokenIsRotated replaces the token while a query blocks, and deletes the old one.
func TestTokenIsRotated(t *testing.T) {
	t.Parallel()
	s := startSecured(t, leastPolicy)
	s.register("web", "10.0.0.1")
	s.Expect("web", "10.0.0.1:80")
	old := tokenOf(s.access.Current())
	renewed := s.renews.wait()
	fresh := s.token(leastPolicy)
	s.write(fresh.SecretID)
	select {
	case <-renewed:
	case <-time.After(guard):
		t.Fatal("waited too long for the file to be read")
	}
	token, _, err := s.consul.Client().ACL().TokenReadSelf(&api.QueryOptions{Token: old})
	must(t, err)
	_, err = s.consul.Client().ACL().TokenDelete(token.AccessorID, nil)
	must(t, err)
	register(t, s.consul, api.AgentServiceRegistration{ID: "web2", Name: "web", Address: "10.0.0.2", Port: 80})
	s.Expect("web", "10.0.0.1:80", "10.0.0.2:80")
	if failures := s.sink("web").heard; failures > 0 {
		t.Errorf("the service failed %d times while its token was rotated", failures)
	}
}

// TestTokenIsRevoked deletes the token while a query blocks, and gives another one later.
func TestTokenIsRevoked(t *testing.T) {
	t.Parallel()
	s := startSecured(t, leastPolicy)
	s.register("web", "10.0.0.1")
	s.Expect("web", "10.0.0.1:80")
	token, _, err := s.consul.Client().ACL().TokenReadSelf(&api.QueryOptions{Token: tokenOf(s.access.Current())})
	must(t, err)
	_, err = s.consul.Client().ACL().TokenDelete(token.AccessorID, nil)
	must(t, err)
	s.ExpectStale("web", true)
	s.Expect("web", "10.0.0.1:80")
	if sink := s.sink("web"); sink.shrunk > 0 {
		t.Error("the service was emptied")
	}
	s.write(s.token(leastPolicy).SecretID)
	s.ExpectStale("web", false)
	s.Expect("web", "10.0.0.1:80")
}

// TestRightsAreLost takes the policy away from under the token: Consul then says that there is nothing.
func TestRightsAreLost(t *testing.T) {
	t.Parallel()
	s := startSecured(t, leastPolicy)
	s.register("web", "10.0.0.1")
	s.Expect("web", "10.0.0.1:80")
	acl := s.consul.Client().ACL()
	token, _, err := acl.TokenReadSelf(&api.QueryOptions{Token: tokenOf(s.access.Current())})
	must(t, err)
	policy, _, err := acl.PolicyRead(token.Policies[0].ID, nil)
	must(t, err)
	policy.Rules = ""
	_, _, err = acl.PolicyUpdate(policy, nil)
	must(t, err)
	s.ExpectStale("web", true)
	s.Expect("web", "10.0.0.1:80")
	policy.Rules = leastPolicy
	_, _, err = acl.PolicyUpdate(policy, nil)
	must(t, err)
	s.ExpectStale("web", false)
	if sink := s.sink("web"); sink.shrunk > 0 {
		t.Error("the service was emptied")
	}
}

// startTLS starts a Consul that wants certificates, and a configuration for it.
func startTLS(t testing.TB) (*testbed.Consul, *testbed.CA, testbed.Pair, Config) {
	t.Helper()
	ca := testbed.NewCA(t)
	c := testbed.StartConsul(t, testbed.ConsulConfig{CA: ca})
	pair := ca.Issue(t, "agent")
	config := impatient("https://" + c.Servers[0].HTTPS())
	config.TLS = &TLS{CAFile: ca.File, CertFile: pair.CertFile, KeyFile: pair.KeyFile}
	return c, ca, pair, config
}

// TestCertificateIsRotated begins with a certificate that Consul does not trust, gets a good one, and
// then another good one while a query blocks.
func TestCertificateIsRotated(t *testing.T) {
	t.Parallel()
	c, ca, _, config := startTLS(t)
	stranger := testbed.NewCA(t).Issue(t, "agent")
	config.TLS.CertFile, config.TLS.KeyFile = stranger.CertFile, stranger.KeyFile
	w := startProvider(t, config)
	w.ExpectStale("web", true)
	use := func(pair testbed.Pair) {
		t.Helper()
		for from, to := range map[string]string{pair.CertFile: stranger.CertFile, pair.KeyFile: stranger.KeyFile} {
			pem, err := os.ReadFile(from)
			must(t, err)
			must(t, os.WriteFile(to, pem, 0o600))
		}
	}
	use(ca.Issue(t, "first"))
	register(t, c, api.AgentServiceRegistration{ID: "web", Name: "web", Port: 80})
	w.Expect("web", "127.0.0.1:80")
	sink := w.sink("web")
	sink.mu.Lock()
	failures := sink.heard
	sink.mu.Unlock()

	generation := func() int {
		w.pool.mu.Lock()
		defer w.pool.mu.Unlock()
		return w.pool.generation
	}
	before, renewed := generation(), w.renews.wait()
	use(ca.Issue(t, "second"))
	<-renewed
	if generation() == before {
		t.Error("the connections are those of the old certificate")
	}
	register(t, c, api.AgentServiceRegistration{ID: "web2", Name: "web", Port: 81})
	w.Expect("web", "127.0.0.1:80", "127.0.0.1:81")
	if sink.heard != failures {
		t.Errorf("the service failed %d times while the certificate was rotated", sink.heard-failures)
	}
}

// TestUnknownAuthority trusts another authority than that of the server.
func TestUnknownAuthority(t *testing.T) {
	t.Parallel()
	_, _, _, config := startTLS(t)
	config.TLS.CAFile = testbed.NewCA(t).File
	w := startProvider(t, config)
	if err := w.sink("web").awaitFailures(t, 1); !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("got the error %v", err)
	}
}
