package consul

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/remora-agent/remora/internal/testbed"
)

func TestTarget(t *testing.T) {
	tests := []struct {
		address string
		tls     *TLS
		want    target
		problem string
	}{
		{address: "", want: target{scheme: "http", address: "127.0.0.1:8500"}},
		{address: "10.0.0.1:8500", want: target{scheme: "http", address: "10.0.0.1:8500"}},
		{address: "10.0.0.1:8501", tls: &TLS{}, want: target{scheme: "https", address: "10.0.0.1:8501"}},
		{address: "https://[::1]:8501/", want: target{scheme: "https", address: "[::1]:8501"}},
		{address: "unix:///run/consul.sock", want: target{scheme: "http", address: "localhost:80", socket: "/run/consul.sock"}},
		{address: "unix://", problem: "want http://host:port"},
		{address: "unix:///run/consul.sock", tls: &TLS{}, problem: "a UNIX socket without TLS"},
		{address: "ftp://a:1", problem: `scheme "ftp" is unknown`},
		{address: "http://u:p@a:1", problem: "want http://host:port"},
		{address: "http://a:1/v1", problem: "want http://host:port"},
		{address: "http://a:1", tls: &TLS{}, problem: "want https://host:port"},
		{address: "a", problem: "no port"},
	}
	for _, test := range tests {
		config, err := Config{Address: test.address, TLS: test.tls}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		got, err := config.target()
		checkProblem(t, err, test.problem)
		if test.problem == "" && got != test.want {
			t.Errorf("address %q leads to %+v, want %+v", test.address, got, test.want)
		}
	}
}

func TestNewFindsMistakes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	token, empty, junk := write("token", " secret \n"), write("empty", "\n"), write("junk", "junk")
	pair := testbed.NewCA(t).Issue(t, "a")
	tests := []struct {
		config  Config
		problem string
	}{
		{Config{}, ""},
		{Config{Token: "t"}, ""},
		{Config{TokenFile: token}, ""},
		{Config{Token: "t", TokenFile: token}, "only one of the two"},
		{Config{TokenFile: empty}, "it is empty"},
		{Config{TokenFile: dir + "/none"}, "read token file"},
		{Config{MaxConnections: -1}, "is not 1 or more"},
		{Config{TLS: &TLS{}}, ""},
		{Config{TLS: &TLS{CAFile: junk}}, "read CA file: it holds no PEM certificate (of " + junk + ")"},
		{Config{TLS: &TLS{CertFile: pair.CertFile, KeyFile: pair.KeyFile}}, ""},
		{Config{TLS: &TLS{CertFile: pair.CertFile}}, "one is missing"},
		{Config{TLS: &TLS{CertFile: junk, KeyFile: junk}}, "read client certificate"},
	}
	for _, test := range tests {
		p, err := New(test.config, nil)
		checkProblem(t, err, test.problem)
		if test.config.TokenFile == token && err == nil && tokenOf(p.access.Current()) != "secret" {
			t.Errorf("the token is %q, want it without what surrounds it", tokenOf(p.access.Current()))
		}
	}
}

// checkProblem wants an error that says problem, or none where that is empty.
func checkProblem(t *testing.T, err error, problem string) {
	t.Helper()
	switch {
	case problem == "" && err != nil:
		t.Errorf("the error is %v, want none", err)
	case problem != "" && (err == nil || !strings.Contains(err.Error(), problem)):
		t.Errorf("the error is %v, want one that says %q", err, problem)
	}
}
