package hashing

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKetamaAgreesWithNginx asks a real nginx where it sends keys: with all servers up, and with one of
// them down. It needs nginx on the machine (Debian: nginx-light).
func TestKetamaAgreesWithNginx(t *testing.T) {
	weights := []uint32{1, 3, 10, 2, 1, 7}
	hosts := make([]Host, len(weights))
	for i := range hosts {
		hosts[i] = Host{startBackend(t, i), weights[i]}
	}
	const down = 2
	proxy := startNginx(t, hosts, down)
	table := NewKetama(hosts)
	routes := []struct {
		path     string
		eligible Set
	}{{"/up", nil}, {"/down", without(len(hosts), down)}}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		key := unreserved(random)
		for _, route := range routes {
			want := proxy.ask(t, route.path, key)
			host, ok := table.Lookup(table.Hash(key), route.eligible)
			if !ok || fmt.Sprint(host) != want {
				t.Fatalf("%s: host %d (%v) has %q, and nginx sends it to %s", route.path, host, ok, key, want)
			}
		}
	}
}

// unreserved makes a key of the characters that mean themselves in a URL: nginx hashes an argument as
// it stands in the request.
func unreserved(random *rand.Rand) string {
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	key := make([]byte, 1+random.IntN(40))
	for i := range key {
		key[i] = characters[random.IntN(len(characters))]
	}
	return string(key)
}

// startBackend serves its number on a port of the loopback and returns the address.
func startBackend(t *testing.T, number int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, number)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// nginx is a server that proxies /up to all hosts and /down to all but one, by the argument k.
type nginx struct{ client *http.Client }

func (n *nginx) ask(t *testing.T, path, key string) string {
	t.Helper()
	response, err := n.client.Get("http://nginx" + path + "?" + url.Values{"k": {key}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("nginx answers %s for %q: %s %v", response.Status, key, body, err)
	}
	return string(body)
}

const nginxConfig = `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events {}
http {
	access_log off;
	client_body_temp_path temp;
	proxy_temp_path temp;
	fastcgi_temp_path temp;
	uwsgi_temp_path temp;
	scgi_temp_path temp;
	keepalive_requests 1000000;
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	upstream up { hash $arg_k consistent; keepalive 16;%s }
	upstream down { hash $arg_k consistent; keepalive 16;%s }
	server {
		listen unix:%s;
		location = /up { proxy_pass http://up; }
		location = /down { proxy_pass http://down; }
	}
}
`

func startNginx(t *testing.T, hosts []Host, down int) *nginx {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Fatalf("this test asks a real nginx (Debian: apt-get install nginx-light): %v", err)
	}
	// A socket's path must be short, so the folder has no part of the test's name.
	folder, err := os.MkdirTemp("", "nginx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket := filepath.Join(folder, "socket")
	writeNginxConfig(t, folder, socket, hosts, down)

	command := exec.CommandContext(t.Context(), program, "-p", folder, "-c", "nginx.conf", "-e", "stderr")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = time.Minute
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	drained := awaitLine(t, stderr, "getrlimit") // it says so when its sockets are open
	t.Cleanup(func() {
		<-drained
		_ = command.Wait() // it was told to end with the test's context
	})

	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &nginx{&http.Client{Transport: transport, Timeout: time.Minute}}
}

func writeNginxConfig(t *testing.T, folder, socket string, hosts []Host, down int) {
	t.Helper()
	var up, rest strings.Builder
	for i, h := range hosts {
		line := fmt.Sprintf(" server %s weight=%d max_fails=0", h.Address, h.Weight)
		up.WriteString(line + ";")
		if i == down {
			line += " down"
		}
		rest.WriteString(line + ";")
	}
	text := fmt.Sprintf(nginxConfig, &up, &rest, socket)
	if err := os.WriteFile(filepath.Join(folder, "nginx.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// awaitLine returns when a line has the word in it. From then on the rest is read and dropped; the
// channel that it returns is closed at its end.
func awaitLine(t *testing.T, from io.Reader, word string) <-chan struct{} {
	t.Helper()
	var seen strings.Builder
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if strings.Contains(lines.Text(), word) {
			end := make(chan struct{})
			go func() {
				defer close(end)
				_, _ = io.Copy(io.Discard, from)
			}()
			return end
		}
		fmt.Fprintln(&seen, lines.Text())
	}
	t.Fatalf("nginx ended before it was ready:\n%s", &seen)
	return nil
}
