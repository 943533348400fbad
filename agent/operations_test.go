package agent

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/remora-agent/remora/client/wire"
	"github.com/remora-agent/remora/internal/testbed"
)

// TestOperationsNamesTheMetrics compares docs/operations.md with what an agent exports.
func TestOperationsNamesTheMetrics(t *testing.T) {
	t.Parallel()
	fake := testbed.StartConsulFake(t)
	address := listenTCP(t).Addr().String()
	fake.Put("web", address)
	ca := testbed.NewCA(t)
	away := fmt.Sprintf("provider \"etcd\" \"away\" {\n  endpoints = [\"https://127.0.0.1:1\"]\n  prefix = \"/\"\n%s}\n", tlsBlock(ca, ca.Issue(t, "agent")))
	r := start(t, kept+away+fmt.Sprintf(`
provider "consul" "main" {
  address = %q
}
service "web" {
  source "main" {}
  health_check {}
}
`, fake.Address()))
	r.until("web", "it was probed", func(g wire.Group) bool { return backend(g, address).LastCheck != nil })
	_, err := r.Select(r.ctx(), "web")
	r.check(err)
	text, err := r.Metrics(r.ctx())
	r.check(err)
	document, err := os.ReadFile("../docs/operations.md")
	r.check(err)

	exported := names(`(?m)^# TYPE (remora_[a-z_]+) `, text)
	documented := names("`(remora_[a-z_]+)`", string(document))
	for name := range exported {
		if !documented[name] {
			t.Errorf("docs/operations.md does not explain %s", name)
		}
	}
	for name := range documented {
		if !exported[name] {
			t.Errorf("docs/operations.md explains %s, which is not exported", name)
		}
	}
}

func names(pattern, text string) map[string]bool {
	found := make(map[string]bool)
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found[match[1]] = true
	}
	return found
}
