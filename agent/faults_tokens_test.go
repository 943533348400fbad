package agent

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// credentialFaults is what happens to what the agent shows to its registries.
func credentialFaults() []fault {
	return []fault{
		{number: 7, name: "token revoked during a blocking query", play: tokenRevoked},
		{number: 8, name: "token rotated", play: tokenRotated},
		{number: 19, name: "etcd password rotated", play: passwordRotated},
		{number: 39, name: "certificate rotated, expired, from a wrong CA: Consul", play: consulCertificates},
		{number: 39, name: "certificate rotated, expired, from a wrong CA: etcd", play: etcdCertificates},
	}
}

// guarded is a Consul with access control and an agent with its token in a file.
func (t *trial) guarded() (world *testbed.World, token *api.ACLToken) {
	t.Helper()
	world = testbed.ConsulScenario{Consul: testbed.ConsulConfig{ACLs: true}}.Start(t)
	token = t.token(world)
	t.follow(world, fmt.Sprintf(
		"provider \"consul\" \"main\" {\n  address = %q\n  services = [\"*\"]\n  token_file = %q\n}\n",
		world.Endpoints[0], t.write("token", token.SecretID),
	))
	world.Expect("web", world.Register("web", 1))
	return world, token
}

// token makes a token that may read everything.
func (t *trial) token(world *testbed.World) *api.ACLToken {
	t.Helper()
	acl := world.Consul.Client().ACL()
	policy, _, err := acl.PolicyCreate(&api.ACLPolicy{
		Name:  "p" + rand.Text(),
		Rules: `service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }`,
	}, nil)
	must(t.T, err)
	token, _, err := acl.TokenCreate(&api.ACLToken{Policies: []*api.ACLLink{{ID: policy.ID}}}, nil)
	must(t.T, err)
	return token
}

// write puts a text into a file of the trial's own folder and returns its path.
func (t *trial) write(name, text string) (path string) {
	t.Helper()
	if t.folder == "" {
		t.folder = t.TempDir()
	}
	path = filepath.Join(t.folder, name)
	must(t.T, os.WriteFile(path+".new", []byte(text), 0o600))
	must(t.T, os.Rename(path+".new", path))
	return path
}

func revoke(t *trial, world *testbed.World, token *api.ACLToken) {
	t.Helper()
	_, err := world.Consul.Client().ACL().TokenDelete(token.AccessorID, nil)
	must(t.T, err)
}

func tokenRevoked(t *trial) {
	world, token := t.guarded()
	t.began()
	revoke(t, world, token)
	world.ExpectStale("web", true)
	t.stale()
	t.lasts(time.Second, 30*time.Second)
	second := world.Register("web", 2)
	fresh := t.token(world)
	written := time.Now()
	t.write("token", fresh.SecretID)
	t.ready()
	world.Expect("web", world.Address("web", 1), second)
	world.ExpectStale("web", false)
	t.row.converge = time.Since(written)
	t.note("of that up to 1 s until the file is read")
}

// tokenRotated has a new token in the file before the old one goes, and then one that is no token.
func tokenRotated(t *trial) {
	world, token := t.guarded()
	t.began()
	fresh := t.token(world)
	t.write("token", fresh.SecretID)
	t.awaitLog("new credentials are in force")
	revoke(t, world, token)
	second := world.Register("web", 2)
	world.Expect("web", world.Address("web", 1), second)
	t.write("token", rand.Text())
	t.awaitCredentials("an unknown token is not used", func(p wire.ProviderInfo) bool { return strings.Contains(p.CredentialsError, "403") })
	t.write("token", fresh.SecretID)
	t.ready()
	third := world.Register("web", 3)
	world.Expect("web", world.Address("web", 1), second, third)
	t.converged()
	t.awaitCredentials("the good one is", func(p wire.ProviderInfo) bool { return p.CredentialsError == "" })
	t.neverStale()
}

// neverStale holds that no service became stale.
func (t *trial) neverStale() {
	t.Helper()
	if strings.Contains(t.agent.log.String(), "became stale") {
		t.Error("a service became stale")
	}
}

func (t *trial) awaitLog(text string) {
	t.Helper()
	t.poll("the log says "+text, func() bool { return strings.Contains(t.agent.log.String(), text) })
}

// awaitCredentials waits for something to be said of the credentials of provider main.
func (t *trial) awaitCredentials(what string, ok func(wire.ProviderInfo) bool) {
	t.Helper()
	t.poll(what, func() bool {
		info, err := t.agent.Agent(t.agent.ctx())
		t.agent.check(err)
		i := slices.IndexFunc(info.Providers, func(p wire.ProviderInfo) bool { return p.Name == "main" })
		return ok(info.Providers[i])
	})
}

// poll waits for what shows only when one looks.
func (t *trial) poll(what string, ok func() bool) {
	t.Helper()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	timeout := time.NewTimer(guard)
	defer timeout.Stop()
	for !ok() {
		select {
		case <-pace.C:
		case <-timeout.C:
			t.Fatalf("waited too long until %s", what)
		}
	}
}

// passwordRotated changes the password first in etcd and then in the file; the tokens of the old one go
// on for a while.
func passwordRotated(t *trial) {
	world := testbed.Scenario{Token: time.Second}.Start(t)
	t.follow(world, fmt.Sprintf(
		"provider \"etcd\" \"main\" {\n  endpoints = [%q]\n  prefix = %q\n  services = [\"*\"]\n  username = %q\n  password_file = %q\n}\n",
		world.Endpoints[0], world.Prefix, world.User, t.write("password", world.Password),
	))
	first := world.Put("web", 1)
	world.Expect("web", first)
	t.began()
	const fresh = "battery staple"
	world.Etcd.ChangePassword(world.User, fresh)
	t.lasts(time.Second, 30*time.Second)
	t.write("password", fresh)
	t.ready()
	t.awaitLog("new credentials are in force")
	second := world.Put("web", 2)
	world.Expect("web", first, second)
	world.ExpectStale("web", false)
	t.converged()
}

// certified is what both registries have to do with certificates.
type certified struct {
	*trial
	world      *testbed.World
	pair       testbed.Pair // the files that the agent reads
	ca         *testbed.CA
	register   func(n int) string
	have       []string
	reconnects func() // ends the connections, so that new ones are made
}

func (c *certified) change() {
	c.Helper()
	c.have = append(c.have, c.register(len(c.have)+1))
	c.world.Expect("web", c.have...)
}

// replace puts another pair into the files.
func (c *certified) replace(pair testbed.Pair) {
	c.Helper()
	for from, to := range map[string]string{pair.CertFile: c.pair.CertFile, pair.KeyFile: c.pair.KeyFile} {
		text, err := os.ReadFile(from)
		must(c.T, err)
		must(c.T, os.WriteFile(to+".new", text, 0o600))
		must(c.T, os.Rename(to+".new", to))
	}
}

// refuses has a pair in the files that must not come into force, while the service is followed on, over
// new connections too.
func (c *certified) refuses(why string, pair testbed.Pair) {
	c.Helper()
	c.replace(pair)
	c.awaitCredentials("the pair is refused: "+why, func(p wire.ProviderInfo) bool { return strings.Contains(p.CredentialsError, why) })
	c.reconnects()
	c.change()
	text, err := c.agent.Metrics(c.agent.ctx())
	c.agent.check(err)
	if !strings.Contains(text, "remora_provider_credentials_refused{provider=\"main\"") || strings.Contains(text, "credentials_refused{provider=\"main\",type=\"etcd\"} 0") {
		c.Errorf("the metrics do not alarm:\n%s", text)
	}
}

func (c *certified) play() {
	c.Helper()
	c.change()
	c.began()
	c.refuses("expired", c.ca.IssueUntil(c, "expired", time.Now().Add(-time.Minute)))
	c.refuses("tls:", testbed.NewCA(c).Issue(c, "stranger"))
	mixed := c.ca.Issue(c, "mixed")
	mixed.KeyFile = c.ca.Issue(c, "other").KeyFile
	c.refuses("private key does not match", mixed)
	c.lasts(0, 20*time.Second)
	c.replace(c.ca.IssueUntil(c, "fresh", time.Now().Add(time.Hour).Truncate(time.Second)))
	c.ready()
	c.awaitCredentials("the good pair is in force", func(p wire.ProviderInfo) bool {
		expires, err := time.Parse(time.RFC3339, p.CertificateExpires)
		return err == nil && p.CredentialsError == "" && time.Until(expires) < 2*time.Hour
	})
	c.reconnects()
	c.change()
	c.world.ExpectStale("web", false)
	c.note("files are read every second")
}

func consulCertificates(t *trial) {
	ca := testbed.NewCA(t)
	world := testbed.ConsulScenario{Consul: testbed.ConsulConfig{CA: ca}, Proxied: true}.Start(t)
	pair := ca.Issue(t, "agent")
	t.follow(world, fmt.Sprintf("provider \"consul\" \"main\" {\n  address = %q\n  services = [\"*\"]\n%s}\n", world.Endpoints[0], tlsBlock(ca, pair)))
	c := &certified{trial: t, world: world, pair: pair, ca: ca, reconnects: world.Proxy.Drop}
	c.register = func(n int) string { return world.Register("web", n) }
	c.play()
}

func etcdCertificates(t *trial) {
	world := testbed.Scenario{MTLS: true, Proxied: true}.Start(t)
	t.follow(world, etcdConfig(world))
	c := &certified{trial: t, world: world, pair: world.Pair, ca: world.CA, reconnects: world.Proxy.Drop}
	c.register = func(n int) string { return world.Put("web", n) }
	c.play()
}

func tlsBlock(ca *testbed.CA, pair testbed.Pair) string {
	return fmt.Sprintf("  tls {\n    ca_file = %q\n    cert_file = %q\n    key_file = %q\n  }\n", ca.File, pair.CertFile, pair.KeyFile)
}
