package etcd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEndpoints(t *testing.T) {
	tests := []struct {
		endpoints []string
		tls       *TLS
		want      []string
		problem   string
	}{
		{endpoints: []string{"10.0.0.1:2379", "http://a:2379/"}, want: []string{"http://10.0.0.1:2379", "http://a:2379"}},
		{endpoints: []string{"10.0.0.1:2379"}, tls: &TLS{}, want: []string{"https://10.0.0.1:2379"}},
		{endpoints: []string{"https://[::1]:2379"}, want: []string{"https://[::1]:2379"}},
		{problem: "at least one is needed"},
		{endpoints: []string{"a"}, problem: "no port"},
		{endpoints: []string{"ftp://a:1"}, problem: `scheme "ftp" is unknown`},
		{endpoints: []string{"http://u:p@a:1"}, problem: "want http://host:port"},
		{endpoints: []string{"http://a:1/v3"}, problem: "want http://host:port"},
		{endpoints: []string{"http://a:1"}, tls: &TLS{}, problem: "want https://host:port"},
		{endpoints: []string{"http://a:1", "https://b:1"}, problem: "all must have one scheme"},
	}
	for _, test := range tests {
		config, err := Config{Endpoints: test.endpoints, TLS: test.tls}.withDefaults()
		checkProblem(t, err, test.problem)
		if test.problem == "" && !slices.Equal(config.Endpoints, test.want) {
			t.Errorf("endpoints %q become %q, want %q", test.endpoints, config.Endpoints, test.want)
		}
	}
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	file, empty := filepath.Join(dir, "password"), filepath.Join(dir, "empty")
	for path, text := range map[string]string{file: "secret\n", empty: "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		config  Config
		want    string
		problem string
	}{
		{},
		{config: Config{Username: "u", Password: "p"}, want: "p"},
		{config: Config{Username: "u", PasswordFile: file}, want: "secret"},
		{config: Config{Username: "u"}, problem: "one is set without the other"},
		{config: Config{Password: "p"}, problem: "one is set without the other"},
		{config: Config{Username: "u", Password: "p", PasswordFile: file}, problem: "only one of the two"},
		{config: Config{Username: "u", PasswordFile: empty}, problem: "it is empty"},
		{config: Config{Username: "u", PasswordFile: dir + "/none"}, problem: "read password file"},
	}
	for _, test := range tests {
		test.config.Endpoints = []string{"a:1"}
		p, err := New(test.config, nil)
		checkProblem(t, err, test.problem)
		if err == nil && p.access.Current().Secret != test.want {
			t.Errorf("the password of %+v is %q, want %q", test.config, p.access.Current().Secret, test.want)
		}
	}
}

func TestNewReadsTLSFiles(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		tls     TLS
		problem string
	}{
		{TLS{}, ""},
		{TLS{CAFile: junk + "x"}, "read CA file"},
		{TLS{CAFile: junk}, "no PEM certificate"},
		{TLS{CertFile: junk}, "one is missing"},
		{TLS{CertFile: junk, KeyFile: junk}, "read client certificate"},
	}
	for _, test := range tests {
		_, err := New(Config{Endpoints: []string{"a:1"}, TLS: &test.tls}, nil)
		checkProblem(t, err, test.problem)
	}
}

// TestDefaultsHealInTime adds up the longest way from a silent stall to a new watch, with one attempt
// that leads to the silent server again: noticed, waited, tried, waited, tried.
func TestDefaultsHealInTime(t *testing.T) {
	c, err := Config{Endpoints: []string{"a:1"}}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	const random = 1 // more than any
	total := c.StallAfter + c.Backoff.Delay(0, random) + c.RequestTimeout + c.Backoff.Delay(1, random) + c.RequestTimeout
	if total >= 30*time.Second {
		t.Errorf("a silent stall may last %v, want less than 30 s", total)
	}
	if c.StallAfter < 2*c.ProgressEvery {
		t.Errorf("one late answer ends a session: %v of silence with a question every %v", c.StallAfter, c.ProgressEvery)
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
