package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestDump(t *testing.T) {
	c := valid(t, `
api {
  admin_uids = [7]
}
provider "etcd" "one" {
  endpoints    = ["a:1"]
  prefix       = "/s/"
  username     = "u"
  password     = "p"
  idle_timeout = "90m"
  tls {}
}
defaults {
  health_check {
    type = "http"
    path = "/?a&b"
  }
}
service "web" {
  source "one" {}
  backend "b:1" {
    weight = 0
  }
  backend "a:1" {
    meta = { k = "<v>" }
  }
  health_check {
    type = "none"
  }
}
`)
	want := `{"log_level":"info","log_json":false,` +
		`"api":{"socket":"/run/remora/remora.sock","mode":"0660","admin_uids":[7],"max_connections":1024,"max_connections_per_uid":512,"max_streams_per_uid":256,"max_requests_per_uid":0},` +
		`"health":{"max_in_flight":64},` +
		`"provider":[{"etcd":{"one":{"endpoints":["a:1"],"prefix":"/s/","username":"u","password":"***",` +
		`"import":"on_demand","idle_timeout":"1h30m","tls":{"insecure_skip_verify":false}}}}],` +
		`"defaults":{"strategy":"round_robin","panic_threshold":0,"hash_fallback":"none","on_empty":"hold","hold_down":"1m","flap_damping":{"changes":6,"window":"1m","base_hold":"10s","max_hold":"5m"},` +
		`"slow_start":{"duration":"0s","aggression":1,"min_percent":10},"locality":{"prefer_local":false,"local_bias":1},` +
		`"subset":{"size":0},"ring_hash":{"min_size":1024,"max_size":8388608},` +
		`"peak_ewma":{"decay":"10s","failure_penalty":"1s"},"health_check":{"type":"http","interval":"5s","timeout":"1s",` +
		`"healthy_threshold":1,"unhealthy_threshold":1,"method":"GET","path":"/?a&b","expected_status":"200-399",` +
		`"tls":false,"tls_skip_verify":false}},` +
		`"service":{"web":{"strategy":"round_robin","panic_threshold":0,"on_empty":"hold","hold_down":"1m","flap_damping":{"changes":6,"window":"1m","base_hold":"10s","max_hold":"5m"},"source":{"one":{"name":"web","priority":0}},` +
		`"backend":{"b:1":{"weight":0,"priority":0},"a:1":{"weight":1,"meta":{"k":"<v>"},"priority":0}},"health_check":{"type":"none"}}}}`
	if got := string(c.Dump()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// A dump can be read again, but for secrets and for strings that are templates in HCL.
func TestDumpRoundTrips(t *testing.T) {
	c := valid(t, literally)
	again, err := anywhere.Parse("dump.hcl.json", c.Dump())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, c) {
		t.Errorf("got:\n%v\nwant:\n%v", again, c)
	}
}

func TestDumpIsJSON(t *testing.T) {
	var parts struct {
		Service map[string]any
		Answer  json.RawMessage
	}
	text, err := json.Marshal(map[string]any{"Answer": valid(t, inWeb("")).Dump()})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(parts.Answer, &parts); err != nil || parts.Service["web"] == nil {
		t.Errorf("got %s and error %v", parts.Answer, err)
	}
}

func TestDumpKeepsTheOrderOfSources(t *testing.T) {
	second := strings.Replace(inEtcd(""), "legacy", "another", 1)
	for _, tt := range []struct{ name, blocks, want string }{
		{"backend first", "backend \"a:1\" {}\nsource \"legacy\" {}\nsource \"another\" {}", `"backend":{"a:1":{"weight":1,"priority":0}},"source":{"legacy":{"name":"s","priority":0},"another":{"name":"s","priority":0}}`},
		{"backend last", "source \"another\" {}\nsource \"legacy\" {}\nbackend \"a:1\" {}", `"source":{"another":{"name":"s","priority":0},"legacy":{"name":"s","priority":0}},"backend":{"a:1":{"weight":1,"priority":0}}`},
		{"backend between", "source \"another\" {}\nbackend \"a:1\" {}\nsource \"legacy\" {}", `"source":{"another":{"name":"s","priority":0},"legacy":{"name":"s","priority":0}},"backend":{"a:1":{"weight":1,"priority":0}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := valid(t, inEtcd("")+second+"service \"s\" {\n"+tt.blocks+"\n}")
			if got := string(c.Dump()); !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want in it %s", got, tt.want)
			}
		})
	}
}
