package config

import (
	"reflect"
	"testing"

	"github.com/remora-agent/remora/discovery"
)

// row is what the tests want to know of a row, whatever its block is read into.
type row struct {
	name    string
	kinds   []string
	initial any
	field   any // points to a field of the row's type
	allow   rule
}

func rows[B any](t table[B], b *B) []row {
	out := make([]row, len(t))
	for i, a := range t {
		out[i] = row{a.name, a.kinds, a.initial, a.field(b), a.allow}
	}
	return out
}

// allRows gives the rows of every table.
func allRows() []row {
	p := &Provider{Etcd: new(Etcd), Consul: new(Consul)}
	all := rows(settings, new(Config))
	all = append(all, rows(checks, new(HealthCheck))...)
	all = append(all, rows(providers, p)...)
	all = append(all, rows(tlsFiles, new(TLS))...)
	all = append(all, rows(balance, new(Balance))...)
	all = append(all, rows(outliers, new(outlierDetection))...)
	all = append(all, rows(sources, new(Source))...)
	return append(all, rows(backends, new(discovery.Endpoint))...)
}

func TestDefaultsObeyTheirRules(t *testing.T) {
	for _, r := range allRows() {
		if r.initial == nil {
			continue
		}
		if want, got := reflect.TypeOf(r.field).Elem(), reflect.TypeOf(r.initial); want != got {
			t.Errorf("%s: the default is of type %v, the field of type %v", r.name, got, want)
			continue
		}
		if r.allow.check != nil {
			if err := r.allow.check(r.initial); err != nil {
				t.Errorf("%s: the default %v is refused: %v", r.name, r.initial, err)
			}
		}
	}
}

func TestRulesSayWhatTheyAllow(t *testing.T) {
	for _, r := range allRows() {
		if r.allow.check != nil && r.allow.says == "" {
			t.Errorf("%s: the rule does not say what it allows", r.name)
		}
		if typeSays(r.field) == "" {
			t.Errorf("%s: nothing says what type it is of", r.name)
		}
	}
}

func TestValuesAtTheEdge(t *testing.T) {
	for _, tt := range []struct {
		rule      rule
		good, bad []any
	}{
		{listenOn, []any{"127.0.0.1:0", ":9464", "[::1]:65535", "localhost:80"}, []any{"", "80", "a:-1", "a:+1", "a:65536", "::1:80"}},
		{httpURL, []any{"http://a:1", "https://[::1]:2379/", "10.0.0.1:2379"}, []any{"", "http://", "https://a", "unix:///x", "a:1/x", "http://u@a:1"}},
		{consulURL, []any{"unix:///run/consul.sock", "127.0.0.1:8500"}, []any{"unix://", "unix:///\x00"}},
		{statusCodes, []any{"200", "100-599", "200-299,301"}, []any{"", "99", "600", "2xx", "200-", "-200", "300-200", "200,,201", "200 - 201", "+20"}},
		{httpPath, []any{"/", "/a?b=c"}, []any{"", "a", "/a b", "/#a", "/%zz", "/\n"}},
		{hostName, []any{"web", "web.example:443"}, []any{"", "a b", "a/b", "é", "\x7f"}},
		{serviceName, []any{"a", "a/b", "é", "..."}, []any{"", ".", "..", "\n", "\xff", "a\x7f"}},
		{folder, []any{"/", "services/"}, []any{"", "services", "a\n/"}},
		{filePath, []any{"x", "/a b"}, []any{"", "a\x00b"}},
	} {
		for _, value := range tt.good {
			if err := tt.rule.check(value); err != nil {
				t.Errorf("%q is not taken for %s: %v", value, tt.rule.says, err)
			}
		}
		for _, value := range tt.bad {
			if tt.rule.check(value) == nil {
				t.Errorf("%q is taken for %s", value, tt.rule.says)
			}
		}
	}
}
