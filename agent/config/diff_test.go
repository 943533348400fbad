package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const diffBase = `
log_level = "info"
api {
  socket = "a.sock"
}
provider "etcd" "one" {
  endpoints = ["a:1"]
  prefix    = "/s/"
  username  = "u"
  password  = "old"
}
provider "etcd" "two" {
  endpoints = ["a:1"]
  prefix    = "/s/"
}
defaults {
  health_check {
    interval = "5s"
  }
}
service "web" {
  backend "a:1" {}
}
service "db" {
  source "one" {}
  health_check {
    interval = "1s"
  }
}
`

func TestDiff(t *testing.T) {
	old := valid(t, diffBase)
	two := diffBase[strings.Index(diffBase, `provider "etcd" "two"`):strings.Index(diffBase, "defaults")]
	for _, tt := range []struct {
		name             string
		from, to         string // replaced in diffBase
		changed, restart []string
	}{
		{"nothing", "", "", nil, nil},
		{"comment", "log_level", "# x\nlog_level", nil, nil},
		{"value as its default", `log_level = "info"`, "", nil, nil},
		{"empty list", "backend \"a:1\" {}", "backend \"a:1\" {\n meta = {}\n}", nil, nil},
		{"level", `"info"`, `"debug"`, []string{"log_level"}, nil},
		{"socket", "a.sock", "b.sock", nil, []string{"api.socket"}},
		{"users", "api {", "api {\nadmin_uids = [1]", []string{"api.admin_uids"}, nil},
		{"rest of api", "api {", "api {\nmode = \"0600\"\ngroup = \"g\"\nadmin_socket = \"c\"\nmax_connections = 16\nmax_connections_per_uid = 1\nmax_streams_per_uid = 1\nmax_requests_per_uid = 1", nil, []string{"api.mode", "api.group", "api.admin_socket", "api.max_connections", "api.max_connections_per_uid", "api.max_streams_per_uid", "api.max_requests_per_uid"}},
		{"rest of the top", "log_level", "data_dir = \"d\"\nlog_json = true\ntelemetry {\n listen = \":1\"\n}\nhealth {\n max_in_flight = 1\n}\nlog_level", nil, []string{"log_json", "data_dir", "telemetry.listen", "health.max_in_flight"}},
		{"zone", "log_level", "locality {\n zone = \"z\"\n}\nlog_level", []string{"locality.zone"}, nil},
		{"password", `"old"`, `"new"`, []string{`provider "one"`}, nil},
		{"provider renamed", `"two"`, `"three"`, []string{`provider "three"`, `provider "two"`}, nil},
		{"providers reordered", diffBase, "log_level = \"info\"\n" + two + strings.Replace(diffBase[len("\nlog_level = \"info\"\n"):], two, "", 1), []string{"the order of providers"}, nil},
		{"default strategy", "defaults {", "defaults {\nstrategy = \"least_connections\"", []string{"defaults.strategy", `service "web"`, `service "db"`}, nil},
		{"default panic threshold", "defaults {", "defaults {\npanic_threshold = 1", []string{"defaults.panic_threshold", `service "web"`, `service "db"`}, nil},
		{"default of another strategy", "defaults {", "defaults {\nring_hash {\n min_size = 1\n}\nslow_start {\n aggression = 2\n}", []string{"defaults.slow_start.aggression", "defaults.ring_hash.min_size"}, nil},
		{"default outlier detection", "defaults {", "defaults {\noutlier_detection {}", []string{"defaults.outlier_detection", `service "web"`, `service "db"`}, nil},
		{"service's own policies", "source \"one\" {}", "source \"one\" {\npriority = 1\n}\nsubset {\n size = 1\n}", []string{`service "db"`}, nil},
		{"agent id", "log_level", "agent_id = \"x\"\nlog_level", []string{"agent_id"}, nil},
		{"inherited check", `"5s"`, `"6s"`, []string{"defaults.health_check", `service "web"`}, nil},
		{"backend", `"a:1" {}`, `"a:2" {}`, []string{`service "web"`}, nil},
		{"service renamed", `"db"`, `"cache"`, []string{`service "cache"`, `service "db"`}, nil},
		{"both kinds", "log_level = \"info\"\napi {", "log_level = \"off\"\napi {\nmode = \"0600\"", []string{"log_level"}, []string{"api.mode"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next := valid(t, strings.Replace(diffBase, tt.from, tt.to, 1))
			changed, restart := Diff(old, next)
			if !slices.Equal(changed, tt.changed) || !slices.Equal(restart, tt.restart) {
				t.Errorf("got %q and %q, want %q and %q", changed, restart, tt.changed, tt.restart)
			}
			checkInForce(t, old, next, tt.changed, tt.restart)
		})
	}
}

// checkInForce: what is in force differs from before by what changed, and from the file by what needs
// a restart.
func checkInForce(t *testing.T, old, next *Config, changed, restart []string) {
	t.Helper()
	before, after := old.String(), next.String()
	c := InForce(old, next)
	if got, none := Diff(old, c); !slices.Equal(got, changed) || none != nil {
		t.Errorf("in force: changed %q and %q, want %q", got, none, changed)
	}
	if none, got := Diff(c, next); none != nil || !slices.Equal(got, restart) {
		t.Errorf("in force: waits for a restart with %q and %q, want %q", none, got, restart)
	}
	if before != old.String() || after != next.String() {
		t.Error("a configuration was changed")
	}
	if len(restart) == 0 && !reflect.DeepEqual(c, next) {
		t.Errorf("in force: %v, want %v", c, next)
	}
}
