package health

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// get is an http check of a path.
func get(path string) Check { return Check{Type: TypeHTTP, Path: path} }

func TestHTTPStatus(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscan(r.PathValue("code"), &code)
		w.Header().Set("Location", "/nowhere") // a redirect that is followed would end as a 404
		w.WriteHeader(code)
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	address := server.Listener.Addr().String()
	tests := []struct {
		path, status string
		want         kind
		text         string
	}{
		{"/status/200", "", kindOK, ""},
		{"/status/204", "", kindOK, ""},
		{"/status/302", "", kindOK, ""},
		{"/status/302", "200", kindFailed, "http: status 302, want 200"},
		{"/status/404", "", kindFailed, "http: status 404, want 200-399"},
		{"/status/503", "", kindFailed, "http: status 503, want 200-399"},
		{"/status/503", "200,500-599", kindOK, ""},
		{"/early", "", kindFailed, "http: status 503"},
	}
	for _, tt := range tests {
		check := get(tt.path)
		check.ExpectedStatus = tt.status
		expect(t, address, check, tt.want, tt.text)
	}
	expect(t, closedPort(t), get("/"), kindFailed, "http: connection refused")
}

func TestHTTPRequest(t *testing.T) {
	seen := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r }))
	defer server.Close()
	address := server.Listener.Addr().String()
	// A proxy that would swallow the probe, were it asked.
	t.Setenv("HTTP_PROXY", "http://"+closedPort(t))

	expect(t, address, get(""), kindOK, "")
	r := <-seen
	if r.Method != "GET" || r.RequestURI != "/" || r.Host != address || r.UserAgent() != "remora-health" || !r.Close {
		t.Errorf("by default the request is %s %s of %s by %q", r.Method, r.RequestURI, r.Host, r.UserAgent())
	}
	check := get("/a%2Fb//c?x=1&y=%20")
	check.Method, check.Host = "HEAD", "web.example"
	expect(t, address, check, kindOK, "")
	r = <-seen
	if r.Method != "HEAD" || r.RequestURI != check.Path || r.Host != check.Host {
		t.Errorf("the request is %s %s of %s, want it as the check says", r.Method, r.RequestURI, r.Host)
	}
}

// Servers that misbehave, each in its own way, once they have read the request.
func TestHTTPOddAnswers(t *testing.T) {
	tests := []struct {
		name   string
		answer string // written at once
		hang   bool   // then nothing; otherwise the connection is closed
		want   kind
		text   string
	}{
		{"nothing", "", false, kindFailed, "http: the connection was closed before the answer was complete"},
		{"silence", "", true, kindTimeout, "http: no answer within 200ms"},
		{"half a header", "HTTP/1.1 200 OK\r\nContent-", true, kindTimeout, "http: no answer within 200ms"},
		{"not HTTP", "SSH-2.0-OpenSSH_9.9\r\n", false, kindFailed, "http: read answer: malformed HTTP"},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", false, kindFailed, "before the answer was complete"},
		{"a body that never ends", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true, kindTimeout, "http: no answer within 200ms"},
		{"a long body is cut", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", maxBodyBytes), true, kindOK, ""},
		{"endless headers", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxAnswerBytes), true, kindFailed, "http: "},
		{"endless interim answers", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 20), true, kindFailed, "interim"},
		{"an old server", "HTTP/1.0 200 OK\r\n\r\nhello", false, kindOK, ""},
		{"a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", true, kindFailed, "http: status 101"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := listen(t, func(conn net.Conn) {
				reader := bufio.NewReader(conn)
				if _, err := http.ReadRequest(reader); err != nil {
					t.Error(err)
				}
				conn.Write([]byte(tt.answer))
				if tt.hang {
					reader.ReadByte() // until the prober gives up
				}
			})
			check := get("/")
			if tt.want == kindTimeout {
				check.Timeout = 200 * ms
			}
			expect(t, address, check, tt.want, tt.text)
		})
	}
}

func TestHTTPOverTLS(t *testing.T) {
	var name string // that the client asked for
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		name = hello.ServerName
		return nil, nil
	}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refusals are what this is about
	server.StartTLS()
	defer server.Close()
	address := server.Listener.Addr().String()
	ca := writeCA(t, server.Certificate().Raw)
	tests := []struct {
		name  string
		check Check
		want  kind
		text  string
		asked string
	}{
		{"unknown authority", Check{}, kindFailed, "x509: certificate signed by unknown authority", ""},
		{"not verified", Check{TLSSkipVerify: true}, kindOK, "", ""},
		{"by its CA", Check{CAFile: ca}, kindOK, "", ""},
		{"by server name", Check{CAFile: ca, TLSServerName: "example.com"}, kindOK, "", "example.com"},
		{"by host", Check{CAFile: ca, Host: "example.com:8443"}, kindOK, "", "example.com"},
		{"wrong name", Check{CAFile: ca, TLSServerName: "other.test"}, kindFailed, "not other.test", "other.test"},
		{"CA file is gone", Check{CAFile: ca + ".gone"}, kindLocal, "http: not probed: find CA file: stat " + ca + ".gone: no such file or directory", ""},
		{"CA file is empty", Check{CAFile: os.DevNull}, kindLocal, "http: not probed: read CA file /dev/null: it holds no PEM certificate", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name = ""
			tt.check.Type, tt.check.TLS = TypeHTTP, true
			expect(t, address, tt.check, tt.want, tt.text)
			if name != tt.asked {
				t.Errorf("asked for server name %q, want %q", name, tt.asked)
			}
		})
	}
	plain := listen(t, func(conn net.Conn) { conn.Write([]byte("220 mail\r\n")) })
	expect(t, plain, Check{Type: TypeHTTP, TLS: true}, kindFailed, "http: tls: first record does not look like a TLS handshake")
}

// A CA file that is exchanged counts from the next probe on.
func TestCAFileIsReadAgain(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	address, p := server.Listener.Addr().String(), newProber()
	file := filepath.Join(t.TempDir(), "ca.pem")
	check := Check{Type: TypeHTTP, TLS: true, CAFile: file, Timeout: guard}
	for _, good := range []bool{false, true, false} {
		content, want := []byte("nothing\n"), kindLocal
		if good {
			content, want = encodeCA(server.Certificate().Raw), kindOK
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, text := probeOnce(t, p, address, check); got != want {
				t.Errorf("probe ended %s with %q, want %s", kindNames[got], text, kindNames[want])
			}
		}
	}
}

func encodeCA(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func writeCA(t *testing.T, der []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, encodeCA(der), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
