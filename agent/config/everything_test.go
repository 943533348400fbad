package config

import (
	"reflect"
	"testing"
	"time"

	"github.com/remora-agent/remora/balancer/outlier"
	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/health/damping"
)

// everything sets all that can be set, to something else than the default.
const everything = `
log_level = "trace"
log_json  = true
data_dir  = "./data"
agent_id  = "agent-7"
api {
  socket       = "./a.sock"
  mode         = "0600"
  group        = "apps"
  admin_uids   = [1001, 0]
  admin_socket = "./b.sock"

  max_connections         = 2000
  max_connections_per_uid = 100
  max_streams_per_uid     = 50
  max_requests_per_uid    = 30000
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
  strategy        = "least_connections"
  panic_threshold = 40
  hold_down       = "90s"
  flap_damping {
    changes   = 9
    window    = "2m"
    base_hold = "20s"
    max_hold  = "10m"
  }
  slow_start {
    duration    = "30s"
    aggression  = 1.5
    min_percent = 20
  }
  locality {
    prefer_local = true
    local_bias   = 0.8
  }
  subset {
    size = 20
  }
  ring_hash {
    min_size = 2048
  }
  peak_ewma {
    failure_penalty = "2s"
  }
  outlier_detection {
    interval                          = "5s"
    base_ejection_time                = "10s"
    max_ejection_time                 = "60s"
    max_ejection_percent              = 50
    consecutive_failures              = 3
    success_rate                      = false
    success_rate_minimum_hosts        = 6
    success_rate_request_volume       = 101
    success_rate_stdev_factor         = 2000
    failure_percentage                = true
    failure_percentage_minimum_hosts  = 7
    failure_percentage_request_volume = 51
    failure_percentage_threshold      = 90
    active_unejects                   = true
  }
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
    name     = "web-frontend"
    tags     = ["v2", "blue"]
    filter   = "Meta.rack == 7"
    priority = 255
  }
  backend "LOCALHOST:080" {
    id     = "w1"
    weight = 0
    zone   = "a"
    tags   = ["x"]
    meta   = { rack = "7" }

    priority = 1
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
  strategy = "peak_ewma"
  peak_ewma {
    decay = "20s"
  }
  outlier_detection {
    consecutive_failures = 0
  }
  backend "10.0.0.1:2" {}
  source "legacy" {}
  health_check {
    type = "none"
  }
}
service "tcp" {
  strategy        = "ring_hash"
  panic_threshold = 0
  hash_fallback   = "random"
  on_empty        = "accept"
  flap_damping {
    changes = 0
  }
  slow_start {
    duration = "0s"
  }
  locality {
    prefer_local = false
  }
  subset {
    size = 0
  }
  ring_hash {
    max_size = env("RING")
  }
  outlier_detection {
    enabled = false
  }
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
	balanced := Balance{
		Strategy: "least_connections", PanicThreshold: 40, OnEmpty: EmptyHold, HoldDown: 90 * time.Second,
		FlapDamping: damping.Settings{Changes: 9, Window: 2 * time.Minute, BaseHold: 20 * time.Second, MaxHold: 10 * time.Minute},
		SlowStart:   SlowStart{Duration: 30 * time.Second, Aggression: 1.5, MinPercent: 20},
		Locality:    ZoneAware{PreferLocal: true, LocalBias: 0.8},
		Subset:      Subset{Size: 20},
	}
	inDefaults := balanced
	inDefaults.HashFallback = FallbackNone
	inDefaults.RingHash = RingHash{MinSize: 2048, MaxSize: 8 << 20}
	inDefaults.PeakEWMA = PeakEWMA{Decay: 10 * time.Second, FailurePenalty: 2 * time.Second}
	rotating, measured := balanced, balanced
	rotating.Strategy, measured.Strategy = "round_robin", "peak_ewma"
	measured.PeakEWMA = PeakEWMA{Decay: 20 * time.Second, FailurePenalty: 2 * time.Second}
	detected := outlier.Settings{
		Interval: 5 * time.Second, BaseEjectionTime: 10 * time.Second, MaxEjectionTime: time.Minute, MaxEjectionPercent: 50,
		ConsecutiveFailures: 3, ActiveUnejects: true,
		SuccessRate:       outlier.SuccessRate{MinimumHosts: 6, RequestVolume: 101, StdevFactor: 2000},
		FailurePercentage: outlier.FailurePercentage{Enabled: true, MinimumHosts: 7, RequestVolume: 51, Threshold: 90},
	}
	lenient := detected
	lenient.ConsecutiveFailures = 0
	return &Config{
		LogLevel: "trace", LogJSON: true, DataDir: "./data", AgentID: "agent-7",
		API:       API{Socket: "./a.sock", Mode: 0o600, Group: "apps", AdminUIDs: []uint32{1001, 0}, AdminSocket: "./b.sock", MaxConnections: 2000, MaxConnectionsPerUID: 100, MaxStreamsPerUID: 50, MaxRequestsPerUID: 30000},
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
		Defaults: Defaults{Balance: inDefaults, HealthCheck: &inherited, Outliers: &detected},
		Services: []Service{
			{
				Name: "web", Balance: rotating, Outliers: &detected,
				Sources: []Source{
					{Provider: "legacy", Name: "web-frontend", Tags: []string{"v2", "blue"}, Filter: "Meta.rack == 7", Priority: 255},
					{Provider: static.Provider, Name: "web"},
				},
				Backends: []discovery.Endpoint{
					{Address: "localhost:80", ID: "w1", Zone: "a", Tags: []string{"x"}, Meta: map[string]string{"rack": "7"}, Priority: 1},
					{Address: "[::1]:80", Weight: 1},
				},
				HealthCheck: &web,
			},
			{
				Name: "rpc", Balance: balanced, Outliers: &detected,
				Sources:  []Source{{Provider: static.Provider, Name: "rpc"}},
				Backends: []discovery.Endpoint{{Address: "10.0.0.1:1", Weight: 1}},
				HealthCheck: &HealthCheck{
					Type: "grpc", Interval: 7 * time.Second, Timeout: 10 * time.Second, HealthyThreshold: 2, UnhealthyThreshold: 1,
					GRPCService: "x.Y", Host: "web", TLS: true, TLSServerName: "w",
				},
			},
			{
				Name: "plain", Balance: measured, Outliers: &lenient,
				Sources:  []Source{{Provider: static.Provider, Name: "plain"}, {Provider: "legacy", Name: "plain"}},
				Backends: []discovery.Endpoint{{Address: "10.0.0.1:2", Weight: 1}},
			},
			{
				Name:     "tcp",
				Balance:  Balance{Strategy: "ring_hash", OnEmpty: EmptyAccept, HashFallback: FallbackRandom, RingHash: RingHash{MinSize: 2048, MaxSize: 4096}},
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
			value, ok := map[string]string{"ZONE": "b", "SLOTS": "32", "RING": "4096"}[name]
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
