package testbed

import "path/filepath"

// settings are the configuration of a Consul server, in its own terms.
type settings map[string]any

func (s *ConsulServer) settings() settings {
	all := settings{
		"node_name": s.name, "server": true, "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1",
		"disable_update_check": true, "log_level": "info", "leave_on_terminate": false,
		"performance": settings{"raft_multiplier": 1}, // elections as fast as can be
		"connect":     settings{"enabled": false},
		"ports":       s.ports(),
	}
	c := s.consul.config
	if c.Datacenter != "" {
		all["datacenter"] = c.Datacenter
	}
	if c.UnixSocket {
		all["addresses"] = settings{"http": "127.0.0.1 unix://" + s.Socket()}
	}
	s.join(all)
	s.secure(all)
	return all
}

func (s *ConsulServer) ports() settings {
	ports := settings{
		"http": port(s.http), "https": -1, "grpc": -1, "grpc_tls": -1, "dns": -1,
		"server": port(s.rpc), "serf_lan": port(s.serf), "serf_wan": port(s.wan),
	}
	if s.consul.config.CA != nil {
		ports["https"] = port(s.https)
	}
	return ports
}

// join has the server find the others.
func (s *ConsulServer) join(all settings) {
	if !s.dev() {
		var cluster []string
		for _, other := range s.consul.Servers {
			cluster = append(cluster, other.serf)
		}
		all["data_dir"] = filepath.Join(s.dir, "data")
		all["bootstrap_expect"] = len(cluster)
		all["retry_join"], all["retry_interval"] = cluster, "500ms"
	}
	if far := s.consul.config.JoinWAN; far != nil {
		all["retry_join_wan"], all["retry_interval_wan"] = []string{far.Servers[0].wan}, "500ms"
	}
}

// secure turns on what the test wants to be kept out by.
func (s *ConsulServer) secure(all settings) {
	c := s.consul.config
	if c.ACLs {
		all["acl"] = settings{
			"enabled": true, "default_policy": "deny",
			"tokens": settings{"initial_management": ManagementToken, "agent": ManagementToken},
		}
	}
	if c.CA != nil {
		all["tls"] = settings{"https": settings{
			"ca_file": c.CA.File, "cert_file": s.consul.tls.CertFile, "key_file": s.consul.tls.KeyFile, "verify_incoming": true,
		}}
	}
}
