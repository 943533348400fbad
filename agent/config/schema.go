package config

import (
	"io/fs"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/remora-agent/remora/discovery"
)

// The blocks that may stand in each place. Which settings they hold is said by the tables below.
var (
	rootBlocks = []hcl.BlockHeaderSchema{
		{Type: "api"},
		{Type: "telemetry"},
		{Type: "locality"},
		{Type: "health"},
		{Type: "provider", LabelNames: []string{"type", "name"}},
		{Type: "defaults"},
		{Type: "service", LabelNames: []string{"name"}},
	}
	providerBlocks = []hcl.BlockHeaderSchema{{Type: "tls"}}
	defaultsBlocks = slices.Concat([]hcl.BlockHeaderSchema{{Type: "health_check"}, {Type: outlierBlock}}, balanceBlocks)
	serviceBlocks  = append([]hcl.BlockHeaderSchema{
		{Type: "source", LabelNames: []string{"provider"}},
		{Type: "backend", LabelNames: []string{"address"}},
	}, defaultsBlocks...)
)

// settings are the attributes of the top level and of the blocks there that have no label.
var settings = table[Config]{
	{name: "log_level", field: func(c *Config) any { return &c.LogLevel }, initial: "info", allow: oneOf("trace", "debug", "info", "warn", "error", "off")},
	{name: "log_json", field: func(c *Config) any { return &c.LogJSON }, restart: true},
	{name: "data_dir", field: func(c *Config) any { return &c.DataDir }, allow: filePath, restart: true},
	{name: "agent_id", field: func(c *Config) any { return &c.AgentID }, allow: text},

	{block: "api", name: "socket", field: func(c *Config) any { return &c.API.Socket }, initial: "/run/remora/remora.sock", allow: socketPath, restart: true},
	{block: "api", name: "mode", field: func(c *Config) any { return &c.API.Mode }, initial: fs.FileMode(0o660), allow: permission, restart: true},
	{block: "api", name: "group", field: func(c *Config) any { return &c.API.Group }, allow: text, restart: true},
	{block: "api", name: "admin_uids", field: func(c *Config) any { return &c.API.AdminUIDs }},
	{block: "api", name: "admin_socket", field: func(c *Config) any { return &c.API.AdminSocket }, allow: socketPath, restart: true},
	{block: "api", name: "max_connections", field: func(c *Config) any { return &c.API.MaxConnections }, initial: 1024, allow: whole(16, 1<<20), restart: true},
	{block: "api", name: "max_connections_per_uid", field: func(c *Config) any { return &c.API.MaxConnectionsPerUID }, initial: 512, allow: whole(1, 1<<20), restart: true},
	{block: "api", name: "max_streams_per_uid", field: func(c *Config) any { return &c.API.MaxStreamsPerUID }, initial: 256, allow: whole(1, 1<<20), restart: true},
	{block: "api", name: "max_requests_per_uid", field: func(c *Config) any { return &c.API.MaxRequestsPerUID }, allow: whole(0, 1<<30), restart: true},

	{block: "telemetry", name: "listen", field: func(c *Config) any { return &c.Telemetry.Listen }, allow: listenOn, restart: true},

	{block: "locality", name: "zone", field: func(c *Config) any { return &c.Locality.Zone }},

	{block: "health", name: "max_in_flight", field: func(c *Config) any { return &c.Health.MaxInFlight }, initial: 64, allow: whole(1, 10_000), restart: true},
}

// checks are the settings of health_check. Their defaults hold where neither the service nor the
// defaults block says otherwise.
var checks = table[HealthCheck]{
	{name: "type", field: func(h *HealthCheck) any { return &h.Type }, initial: "tcp", allow: oneOf("tcp", "http", "grpc", "none")},
	{name: "interval", field: func(h *HealthCheck) any { return &h.Interval }, initial: 5 * time.Second, allow: span(100*time.Millisecond, 24*time.Hour)},
	{name: "timeout", field: func(h *HealthCheck) any { return &h.Timeout }, initial: time.Second, allow: span(10*time.Millisecond, 5*time.Minute)},
	{name: "healthy_threshold", field: func(h *HealthCheck) any { return &h.HealthyThreshold }, initial: 1, allow: whole(1, 1000)},
	{name: "unhealthy_threshold", field: func(h *HealthCheck) any { return &h.UnhealthyThreshold }, initial: 1, allow: whole(1, 1000)},

	{name: "method", field: func(h *HealthCheck) any { return &h.Method }, initial: "GET", allow: oneOf("GET", "HEAD", "OPTIONS", "POST", "PUT"), kinds: onlyHTTP},
	{name: "path", field: func(h *HealthCheck) any { return &h.Path }, initial: "/", allow: httpPath, kinds: onlyHTTP},
	{name: "expected_status", field: func(h *HealthCheck) any { return &h.ExpectedStatus }, initial: "200-399", allow: statusCodes, kinds: onlyHTTP},
	{name: "grpc_service", field: func(h *HealthCheck) any { return &h.GRPCService }, kinds: []string{"grpc"}},

	{name: "host", field: func(h *HealthCheck) any { return &h.Host }, allow: hostName, kinds: httpAndGRPC},
	{name: "tls", field: func(h *HealthCheck) any { return &h.TLS }, kinds: httpAndGRPC},
	{name: "tls_skip_verify", field: func(h *HealthCheck) any { return &h.TLSSkipVerify }, kinds: httpAndGRPC},
	{name: "tls_server_name", field: func(h *HealthCheck) any { return &h.TLSServerName }, allow: hostName, kinds: httpAndGRPC},
	{name: "tls_ca_file", field: func(h *HealthCheck) any { return &h.TLSCAFile }, allow: filePath, kinds: httpAndGRPC},
}

var (
	onlyHTTP    = []string{"http"}
	httpAndGRPC = []string{"http", "grpc"}
)

// providers are the settings of provider blocks, of each type.
var providers = table[Provider]{
	{name: "endpoints", field: func(p *Provider) any { return &p.Etcd.Endpoints }, allow: each(httpURL), required: true, kinds: onlyEtcd},
	{name: "prefix", field: func(p *Provider) any { return &p.Etcd.Prefix }, allow: folder, required: true, kinds: onlyEtcd},
	{name: "username", field: func(p *Provider) any { return &p.Etcd.Username }, allow: text, kinds: onlyEtcd},
	{name: "password", field: func(p *Provider) any { return &p.Etcd.Password }, allow: secret, kinds: onlyEtcd},
	{name: "password_file", field: func(p *Provider) any { return &p.Etcd.PasswordFile }, allow: filePath, kinds: onlyEtcd},

	{name: "address", field: func(p *Provider) any { return &p.Consul.Address }, initial: "127.0.0.1:8500", allow: consulURL, kinds: onlyConsul},
	{name: "token", field: func(p *Provider) any { return &p.Consul.Token }, allow: secret, kinds: onlyConsul},
	{name: "token_file", field: func(p *Provider) any { return &p.Consul.TokenFile }, allow: filePath, kinds: onlyConsul},
	{name: "datacenter", field: func(p *Provider) any { return &p.Consul.Datacenter }, allow: text, kinds: onlyConsul},
	{name: "namespace", field: func(p *Provider) any { return &p.Consul.Namespace }, allow: text, kinds: onlyConsul},
	{name: "stale", field: func(p *Provider) any { return &p.Consul.Stale }, kinds: onlyConsul},
	{name: "max_connections", field: func(p *Provider) any { return &p.Consul.MaxConnections }, initial: 150, allow: whole(1, 10_000), kinds: onlyConsul},
	{name: "max_body_bytes", field: func(p *Provider) any { return &p.Consul.MaxBodyBytes }, initial: 32 << 20, allow: whole(1<<10, 1<<30), kinds: onlyConsul},

	{name: "services", field: func(p *Provider) any { return &p.Services }, allow: each(glob)},
	{name: "import", field: func(p *Provider) any { return &p.Import }, initial: ImportOnDemand, allow: oneOf(ImportOnDemand, ImportAll)},
	{name: "idle_timeout", field: func(p *Provider) any { return &p.IdleTimeout }, initial: time.Hour, allow: span(time.Second, 30*24*time.Hour)},
}

var (
	onlyEtcd   = []string{"etcd"}
	onlyConsul = []string{"consul"}
)

// tlsFiles are the settings of a provider's tls block.
var tlsFiles = table[TLS]{
	{name: "ca_file", field: func(t *TLS) any { return &t.CAFile }, allow: filePath},
	{name: "cert_file", field: func(t *TLS) any { return &t.CertFile }, allow: filePath},
	{name: "key_file", field: func(t *TLS) any { return &t.KeyFile }, allow: filePath},
	{name: "server_name", field: func(t *TLS) any { return &t.ServerName }, allow: hostName},
	{name: "insecure_skip_verify", field: func(t *TLS) any { return &t.InsecureSkipVerify }},
}

// sources are the settings of a service's source blocks, by the type of the provider.
var sources = table[Source]{
	{name: "name", field: func(s *Source) any { return &s.Name }, allow: serviceName},
	{name: "tags", field: func(s *Source) any { return &s.Tags }, allow: each(text)},
	{name: "filter", field: func(s *Source) any { return &s.Filter }, allow: filter},
	{name: "priority", field: func(s *Source) any { return &s.Priority }, allow: priority},
	{name: "datacenter", field: func(s *Source) any { return &s.Datacenter }, allow: text, kinds: onlyConsul},
	{name: "namespace", field: func(s *Source) any { return &s.Namespace }, allow: text, kinds: onlyConsul},
	{name: "stale", field: func(s *Source) any { return &s.Stale }, kinds: onlyConsul},
}

// backends are the settings of a service's backend blocks.
var backends = table[discovery.Endpoint]{
	{name: "id", field: func(e *discovery.Endpoint) any { return &e.ID }},
	{name: "weight", field: func(e *discovery.Endpoint) any { return &e.Weight }, initial: discovery.DefaultWeight, allow: whole(0, discovery.MaxWeight)},
	{name: "zone", field: func(e *discovery.Endpoint) any { return &e.Zone }},
	{name: "tags", field: func(e *discovery.Endpoint) any { return &e.Tags }, allow: each(text)},
	{name: "meta", field: func(e *discovery.Endpoint) any { return &e.Meta }},
	{name: "priority", field: func(e *discovery.Endpoint) any { return &e.Priority }, allow: priority},
}
