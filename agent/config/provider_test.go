package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const consulBlock = `
provider "consul" "main" {
  address         = "https://consul.example:8501"
  token           = "t"
  datacenter      = "dc1"
  namespace       = "ns"
  stale           = true
  max_connections = 7
  max_body_bytes  = 65536
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
    filter     = "Service.Port != 1"
    stale      = true
  }
}
`

func TestConsulSettings(t *testing.T) {
	c := valid(t, consulBlock)
	want := []Provider{
		{
			Type: "consul", Name: "main", Services: []string{"api-*"}, Import: ImportOnDemand, IdleTimeout: time.Hour,
			Consul: &Consul{
				Address: "https://consul.example:8501", Token: NewSecret("t"), Datacenter: "dc1", Namespace: "ns",
				Stale: true, MaxConnections: 7, MaxBodyBytes: 65536, TLS: &TLS{CAFile: "ca"},
			},
		},
		{
			Type: "consul", Name: "plain", Import: ImportOnDemand, IdleTimeout: time.Hour,
			Consul: &Consul{Address: "127.0.0.1:8500", MaxConnections: 150, MaxBodyBytes: 32 << 20},
		},
	}
	if !reflect.DeepEqual(c.Providers, want) {
		t.Errorf("got %v", c)
	}
	source := Source{Provider: "main", Name: "web", Datacenter: "dc2", Namespace: "ns2", Filter: "Service.Port != 1", Stale: true}
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

	plain := strings.Replace(consulBlock, "https://", "http://", 1)
	again, err = Parse("test.hcl", []byte(plain))
	if f := refused(t, again, err); len(f) != 1 || !strings.Contains(f[0].Summary, `does not use TLS, but provider "main" has a tls block`) {
		t.Errorf("got:\n%v", err)
	}
}
