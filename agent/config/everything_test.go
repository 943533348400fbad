package config

import (
	"reflect"
	"testing"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// everything sets all that can be set, to something else than the default.
const everything = `
log_level = "trace"
log_json  = true
data_dir  = "./data"
api {
  socket       = "./a.sock"
  mode         = "0600"
  group        = "apps"
  admin_uids   = [1001, 0]
  admin_socket = "./b.sock"
}
telemetry {
  listen = ":9464"
}
locality {
  zone = "zone-${env("ZONE")}"
}
health {
  max_in_flight = env("SLOTS")
}
provider "etcd" "legacy" {
  endpoints     = ["https://10.0.0.1:2379", "h.example:2379"]
  prefix        = "/services/"
  username      = "remora"
  password_file = "/etc/password"
  services      = ["*"]
  import        = "all"
  idle_timeout  = "90s"
  tls {
    ca_file              = "ca"
    cert_file            = "cert"
    key_file             = "key"
    server_name          = "etcd"
    insecure_skip_verify = true
  }
}
defaults {
  strategy = "least_connections"
  health_check {
    type              = "http"
    interval          = "7s"
    healthy_threshold = 2
    path              = "/health?full=1"
    host              = "web"
    tls               = true
    tls_server_name   = "w"
  }
}
service "web" {
  strategy = "round_robin"
  source "legacy" {
    name = "web-frontend"
    tags = ["v2", "blue"]
  }
  backend "LOCALHOST:080" {
    id     = "w1"
    weight = 0
    zone   = "a"
    tags   = ["x"]
    meta   = { rack = "7" }
  }
  backend "[0:0::1]:80" {}
  health_check {
    method              = "HEAD"
    expected_status     = "204"
    unhealthy_threshold = 3
    tls_ca_file         = "ca"
  }
}
service "rpc" {
  backend "10.0.0.1:1" {}
  health_check {
    type         = "grpc"
    timeout      = "10s"
    grpc_service = "x.Y"
  }
}
service "plain" {
  backend "10.0.0.1:2" {}
  source "legacy" {}
  health_check {
    type = "none"
  }
}
service "tcp" {
  backend "10.0.0.1:3" {}
  health_check {
    type = "tcp"
  }
}
`

func everythingRead() *Config {
	web := HealthCheck{
		Type: "http", Interval: 7 * time.Second, Timeout: time.Second, HealthyThreshold: 2, UnhealthyThreshold: 3,
		Method: "HEAD", Path: "/health?full=1", ExpectedStatus: "204", Host: "web",
		TLS: true, TLSServerName: "w", TLSCAFile: "ca",
	}
	inherited := web
	inherited.Method, inherited.ExpectedStatus, inherited.UnhealthyThreshold, inherited.TLSCAFile = "GET", "200-399", 1, ""
	static := Source{Provider: SourceStatic}
	return &Config{
		LogLevel: "trace", LogJSON: true, DataDir: "./data",
		API:       API{Socket: "./a.sock", Mode: 0o600, Group: "apps", AdminUIDs: []uint32{1001, 0}, AdminSocket: "./b.sock"},
		Telemetry: Telemetry{Listen: ":9464"},
		Locality:  Locality{Zone: "zone-b"},
		Health:    Health{MaxInFlight: 32},
		Providers: []Provider{{
			Type: "etcd", Name: "legacy", Services: []string{"*"}, Import: ImportAll, IdleTimeout: 90 * time.Second,
			Etcd: &Etcd{
				Endpoints: []string{"https://10.0.0.1:2379", "h.example:2379"}, Prefix: "/services/",
				Username: "remora", PasswordFile: "/etc/password",
				TLS: &TLS{CAFile: "ca", CertFile: "cert", KeyFile: "key", ServerName: "etcd", InsecureSkipVerify: true},
			},
		}},
		Defaults: Defaults{Strategy: "least_connections", HealthCheck: &inherited},
		Services: []Service{
			{
				Name: "web", Strategy: "round_robin",
				Sources: []Source{
					{Provider: "legacy", Name: "web-frontend", Tags: []string{"v2", "blue"}},
					{Provider: static.Provider, Name: "web"},
				},
				Backends: []discovery.Endpoint{
					{Address: "localhost:80", ID: "w1", Zone: "a", Tags: []string{"x"}, Meta: map[string]string{"rack": "7"}},
					{Address: "[::1]:80", Weight: 1},
				},
				HealthCheck: &web,
			},
			{
				Name: "rpc", Strategy: "least_connections",
				Sources:  []Source{{Provider: static.Provider, Name: "rpc"}},
				Backends: []discovery.Endpoint{{Address: "10.0.0.1:1", Weight: 1}},
				HealthCheck: &HealthCheck{
					Type: "grpc", Interval: 7 * time.Second, Timeout: 10 * time.Second, HealthyThreshold: 2, UnhealthyThreshold: 1,
					GRPCService: "x.Y", Host: "web", TLS: true, TLSServerName: "w",
				},
			},
			{
				Name: "plain", Strategy: "least_connections",
				Sources:  []Source{{Provider: static.Provider, Name: "plain"}, {Provider: "legacy", Name: "plain"}},
				Backends: []discovery.Endpoint{{Address: "10.0.0.1:2", Weight: 1}},
			},
			{
				Name: "tcp", Strategy: "least_connections",
				Sources:  []Source{{Provider: static.Provider, Name: "tcp"}},
				Backends: []discovery.Endpoint{{Address: "10.0.0.1:3", Weight: 1}},
				HealthCheck: &HealthCheck{
					Type: "tcp", Interval: 7 * time.Second, Timeout: time.Second, HealthyThreshold: 2, UnhealthyThreshold: 1,
				},
			},
		},
	}
}

func TestEverything(t *testing.T) {
	loader := Loader{
		LookupEnv: func(name string) (string, bool) {
			value, ok := map[string]string{"ZONE": "b", "SLOTS": "32"}[name]
			return value, ok
		},
		LookupGroup: func(string) error { return nil },
	}
	got, err := loader.Parse("test.hcl", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	if want := everythingRead(); !reflect.DeepEqual(got, want) {
		t.Errorf("got:\n%v\nwant:\n%v", got, want)
	}
}
