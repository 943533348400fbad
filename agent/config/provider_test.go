package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const consulBlock = `
provider "consul" "main" {
  address         = "unix:///run/consul.sock"
  token           = "t"
  datacenter      = "dc1"
  namespace       = "ns"
  stale           = true
  max_connections = 7
  services        = ["api-*"]
  tls {
    ca_file = "ca"
  }
}
provider "consul" "plain" {}
service "web" {
  source "main" {
    datacenter = "dc2"
    namespace  = "ns2"
    filter     = "Service.Port > 1"
    stale      = true
  }
}
`

func TestConsulIsRefused(t *testing.T) {
	c, err := Parse("test.hcl", []byte(consulBlock))
	f := refused(t, c, err)
	if len(f) != 2 || f[0].Line != 2 || f[1].Line != 14 {
		t.Fatalf("got:\n%v", err)
	}
	for _, f := range f {
		if f.Summary != "consul is not supported by this build yet; etcd is" {
			t.Errorf("got %q", f.Summary)
		}
	}
}

// The settings of consul are in the schema: nothing but the refusal stands in the way.
func TestConsulSettings(t *testing.T) {
	i := slices.IndexFunc(providerTypes, func(p providerType) bool { return p.name == "consul" })
	refusal := providerTypes[i].missing
	providerTypes[i].missing = ""
	t.Cleanup(func() { providerTypes[i].missing = refusal })

	c := valid(t, consulBlock)
	want := []Provider{
		{
			Type: "consul", Name: "main", Services: []string{"api-*"}, Import: ImportOnDemand, IdleTimeout: time.Hour,
			Consul: &Consul{
				Address: "unix:///run/consul.sock", Token: NewSecret("t"), Datacenter: "dc1", Namespace: "ns",
				Stale: true, MaxConnections: 7, TLS: &TLS{CAFile: "ca"},
			},
		},
		{
			Type: "consul", Name: "plain", Import: ImportOnDemand, IdleTimeout: time.Hour,
			Consul: &Consul{Address: "127.0.0.1:8500", MaxConnections: 150},
		},
	}
	if !reflect.DeepEqual(c.Providers, want) {
		t.Errorf("got %v", c)
	}
	source := Source{Provider: "main", Name: "web", Datacenter: "dc2", Namespace: "ns2", Filter: "Service.Port > 1", Stale: true}
	if !reflect.DeepEqual(c.Services[0].Sources, []Source{source}) {
		t.Errorf("got %+v", c.Services[0].Sources)
	}
	if dump := string(c.Dump()); !strings.Contains(dump, `"token":"***"`) || !strings.Contains(dump, `"stale":true`) {
		t.Errorf("got %s", dump)
	}

	both := strings.Replace(consulBlock, "datacenter ", "token_file = \"/x\"\ndatacenter ", 1)
	again, err := Parse("test.hcl", []byte(both))
	if f := refused(t, again, err); len(f) != 1 || f[0].Summary != `provider "main" has both token and token_file` {
		t.Errorf("got:\n%v", err)
	}
}
