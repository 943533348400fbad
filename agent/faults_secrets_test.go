package agent

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/remora-agent/remora/internal/testbed"
)

// secretFaults is what must not come out.
func secretFaults() []fault {
	return []fault{{number: 40, name: "canary secrets searched for in all output", play: canaries}}
}

// canaries has secrets in every place for them, has everything go wrong that they have to do with, and
// searches for them in whatever comes out of the agent, up to the dump of its goroutines.
func canaries(t *trial) {
	consul := testbed.ConsulScenario{Consul: testbed.ConsulConfig{ACLs: true}}.Start(t)
	token := t.token(consul)
	etcd := testbed.Scenario{MTLS: true, Token: 1e9}.Start(t)
	first := consul.Register("web", 1)
	second := etcd.Put("db", 1)
	key, err := os.ReadFile(etcd.Pair.KeyFile)
	must(t.T, err)
	userinfo, fresh := rand.Text(), rand.Text()
	secrets := []string{token.SecretID, etcd.Password, userinfo, fresh, strings.Split(string(key), "\n")[1]}
	hcl := fmt.Sprintf(`
log_level = "trace"
data_dir  = "FOLDER/data"
provider "consul" "main" {
  address = %q
  token   = %q
}
%s
service "web" {
  source "main" {}
}
service "db" {
  source "second" {}
}
`, consul.Endpoints[0], token.SecretID, strings.Replace(etcdConfig(etcd), `"main"`, `"second"`, 1))
	r := t.start(hcl)
	load := t.load(r)
	_, err = r.Select(r.ctx(), "web")
	r.check(err)
	_, err = r.Select(r.ctx(), "db")
	r.check(err)
	load.expect("web", first)
	load.expect("db", second)
	t.began()
	revoke(t, consul, token)
	etcd.Etcd.ChangePassword(etcd.User, fresh)
	etcd.Etcd.Members[0].Kill()
	t.untilStale("web")
	t.untilStale("db")

	var said []string
	say := func(v any, err error) {
		text, _ := json.Marshal(v)
		said = append(said, string(text), fmt.Sprint(err))
	}
	say(r.Agent(r.ctx()))
	say(r.Config(r.ctx()))
	say(r.Metrics(r.ctx()))
	say(r.Explain(r.ctx(), "web"))
	say(r.History(r.ctx(), "web"))
	say(r.Services(r.ctx()))
	say(r.Group(r.ctx(), "db"))
	for _, wrong := range []string{
		strings.Replace(hcl, consul.Endpoints[0], "http://user:"+userinfo+"@127.0.0.1:1", 1),
		strings.Replace(hcl, consul.Endpoints[0], "http://user:"+userinfo+"@bad host", 1),
		strings.Replace(hcl, "  token   =", "  tokn    =", 1),
		strings.Replace(hcl, "  token   =", "  token   = 1 +", 1),
		strings.Replace(hcl, "  password =", "  password = [", 1),
	} {
		r.configure(wrong)
		say(r.Reload(r.ctx()))
	}
	r.signal(syscall.SIGQUIT)
	if err := r.stop(); err == nil || !strings.Contains(r.log.String(), "goroutine ") {
		t.Errorf("no dump of goroutines after SIGQUIT: %v", err)
	}
	r.stop = func() error { return nil }
	said = append(said, r.log.String())
	must(t.T, filepath.WalkDir(filepath.Join(r.folder, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		said = append(said, string(text))
		return err
	}))
	for _, secret := range secrets {
		if i := slices.IndexFunc(said, func(text string) bool { return strings.Contains(text, secret) }); i >= 0 {
			at := strings.Index(said[i], secret)
			t.Errorf("a secret came out in output %d: …%s", i, said[i][max(0, at-200):at])
		}
	}
	t.note("searched %d KB", len(strings.Join(said, ""))>>10)
}

func (t *trial) untilStale(service string) {
	t.Helper()
	t.poll(service+" is stale", func() bool {
		g, err := t.agent.Group(t.agent.ctx(), service)
		t.agent.check(err)
		return g.Stale
	})
}
