package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// startNginx starts nginx so that it gives a constant, as cheaply as it can.
func (b *bench) startNginx(body string) (*server, error) {
	path, err := exec.LookPath(b.nginx)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/nginx") // not in every PATH
	}
	if err != nil {
		return nil, fmt.Errorf("nginx: %w", errNoPeer)
	}
	socket := filepath.Join(b.folder, "nginx")
	config := filepath.Join(b.folder, "nginx.conf")
	text := fmt.Sprintf(`daemon off;
worker_processes auto;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path %[1]s/nginx.body;
  proxy_temp_path %[1]s/nginx.proxy;
  fastcgi_temp_path %[1]s/nginx.fastcgi;
  uwsgi_temp_path %[1]s/nginx.uwsgi;
  scgi_temp_path %[1]s/nginx.scgi;
  server {
    listen unix:%[2]s;
    default_type application/json;
    location / { return 200 '%[3]s'; }
  }
}
`, b.folder, socket, strings.TrimSpace(body))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return b.process(nginxName, socket, always(selectRequest(serviceName(0))), path, "-e", b.folder+"/nginx.log", "-c", config)
}

const consulConfig = `{
  "addresses": {"http": "unix://%s"},
  "ports": {"http": 1, "dns": -1, "grpc": -1, "grpc_tls": -1, "server": %d, "serf_lan": %d, "serf_wan": %d},
  "services": [%s]
}
`

// startConsul starts a Consul agent that knows the same service, on the same kind of socket.
func (b *bench) startConsul() (*server, error) {
	if _, err := os.Stat(b.consul); err != nil {
		return nil, fmt.Errorf("the Consul agent: %w", errNoPeer)
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	var services []string
	for i := range backends {
		services = append(services, fmt.Sprintf(`{"id": "web-%d", "name": "web", "address": "10.100.100.1%d", "port": 8080}`, i, i))
	}
	socket := filepath.Join(b.folder, "consul")
	config := filepath.Join(b.folder, "consul.json")
	text := fmt.Sprintf(consulConfig, socket, ports[0], ports[1], ports[2], strings.Join(services, ","))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	request := "GET /v1/health/service/web?passing&cached HTTP/1.1\r\nHost: consul\r\nUser-Agent: bench\r\n\r\n"
	s, err := b.process(consulName, socket, always(request), b.consul, "agent", "-dev", "-log-level", "error", "-config-file", config)
	if err != nil {
		return nil, err
	}
	return s, b.untilListed(s, request)
}

// untilListed waits until Consul lists all of the service.
func (b *bench) untilListed(s *server, request string) error {
	for {
		answer, err := once(s, request)
		if err == nil && strings.Count(answer, `"web-`) >= backends {
			return nil
		}
		if b.Err() != nil {
			return errors.Join(b.Err(), err)
		}
	}
}

func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		number, _ := strconv.Atoi(port)
		ports = append(ports, number)
	}
	return ports, nil
}
