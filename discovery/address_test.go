package discovery_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/remora-agent/remora/discovery"
)

func TestParseAddress(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	host253 := strings.Repeat(label63+".", 3) + strings.Repeat("b", 61)
	tests := []struct {
		name, in, want string
	}{
		{"IPv4", "10.0.0.5:8080", "10.0.0.5:8080"},
		{"IPv6", "[2001:db8::1]:443", "[2001:db8::1]:443"},
		{"IPv6 in full", "[2001:0DB8:0:0:0:0:0:1]:443", "[2001:db8::1]:443"},
		{"IPv4 mapped into IPv6", "[::ffff:10.0.0.5]:80", "10.0.0.5:80"},
		{"hostname", "web-1.example.com:80", "web-1.example.com:80"},
		{"upper case", "WEB.Example.COM:80", "web.example.com:80"},
		{"one label", "localhost:1", "localhost:1"},
		{"underscore", "_web._tcp.local:80", "_web._tcp.local:80"},
		{"a trailing dot means another name", "web.example.com.:80", "web.example.com.:80"},
		{"digits inside a hostname", "10.example:80", "10.example:80"},
		{"longest label", label63 + ":80", label63 + ":80"},
		{"longest hostname", host253 + ":80", host253 + ":80"},
		{"longest hostname, absolute", host253 + ".:80", host253 + ".:80"},
		{"highest port", "h:65535", "h:65535"},
		{"leading zero", "h:080", "h:80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := discovery.ParseAddress(tt.in)
			if err != nil || got != tt.want {
				t.Errorf("ParseAddress(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestParseAddressRefuses(t *testing.T) {
	tests := []struct {
		name, in, says string
	}{
		{"nothing", "", "no port"},
		{"no port", "10.0.0.5", "no port"},
		{"empty port", "h:", `port ""`},
		{"port 0", "h:0", `port "0"`},
		{"port too high", "h:65536", `port "65536"`},
		{"port 70000", "h:70000", `port "70000"`},
		{"port with a sign", "h:+80", `port "+80"`},
		{"negative port", "h:-80", `port "-80"`},
		{"named port", "h:http", `port "http"`},
		{"port with a space", "h: 80", `port " 80"`},
		{"port that overflows", "h:18446744073709551617", "port"},
		{"no host", ":80", "the host is empty"},
		{"IPv6 without brackets", "2001:db8::1:80", "brackets"},
		{"IPv4 in brackets", "[10.0.0.5]:80", "brackets must hold an IPv6"},
		{"hostname in brackets", "[web]:80", "brackets must hold an IPv6"},
		{"open bracket", "[::1:80", "brackets must hold an IPv6"},
		{"text after the bracket", "[::1]x:80", "brackets must hold an IPv6"},
		{"no IPv6 in brackets", "[a:b]:80", "is not allowed"},
		{"zone", "[fe80::1%eth0]:80", "zone"},
		{"too many numbers", "10.0.0.0.5:80", "neither an IP address nor a hostname"},
		{"number too high", "10.0.0.256:80", "neither an IP address nor a hostname"},
		{"empty label", "web..com:80", "a label has 0 bytes"},
		{"only a dot", ".:80", "a label has 0 bytes"},
		{"label too long", strings.Repeat("a", 64) + ":80", "a label has 64 bytes"},
		{"hostname too long", strings.Repeat("a.", 127) + "a:80", "at most 253"},
		{"hyphen first", "-web:80", "begins or ends"},
		{"hyphen last", "web-:80", "begins or ends"},
		{"space", "we b:80", "is not allowed"},
		{"scheme", "http://127.0.0.1:92", `the scheme "http", which is not allowed`},
		{"not ASCII", "bücher:80", `"ü" is not allowed`},
		{"not UTF-8", "b\xfccher:80", `"\xfc" is not allowed`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := discovery.ParseAddress(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("ParseAddress(%q) = %q, %v, want an error that says %q", tt.in, got, err, tt.says)
			}
		})
	}
}

// What an address may be is named once, apart from what is wrong, for callers that name it themselves.
func TestAddressFaultsAreNamedApart(t *testing.T) {
	const forms = "want ip:port, [v6]:port or hostname:port"
	for _, in := range []string{"10.0.0.5", "http://web:80", "::1:80", "[web]:80"} {
		_, err := discovery.ParseAddress(in)
		if err == nil || strings.Count(err.Error(), forms) != 1 {
			t.Fatalf("ParseAddress(%q): %v, want an error that says once %q", in, err, forms)
		}
		if inner := errors.Unwrap(err); inner == nil || strings.Contains(inner.Error(), "hostname") {
			t.Errorf("ParseAddress(%q) wraps %v, want what is wrong alone", in, inner)
		}
	}
}

func TestJoinAddress(t *testing.T) {
	tests := []struct {
		host string
		port int
		want string // "" means refused
	}{
		{"10.0.0.5", 80, "10.0.0.5:80"},
		{"2001:DB8::1", 80, "[2001:db8::1]:80"},
		{"Web", 80, "web:80"},
		{"[::1]", 80, ""},
		{"", 80, ""},
		{"web", 0, ""},
		{"web", -1, ""},
		{"web", 65536, ""},
	}
	for _, tt := range tests {
		got, err := discovery.JoinAddress(tt.host, tt.port)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("JoinAddress(%q, %d) = %q, %v, want %q", tt.host, tt.port, got, err, tt.want)
		}
	}
}

// What ParseAddress accepts is its own canonical form, and small enough to be a key.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{
		"10.0.0.5:8080", "[::1]:80", "[::ffff:1.2.3.4]:080", "WEB.local.:443", "[fe80::1%x]:1", "a:b:80", "[]:1", ":",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once, err := discovery.ParseAddress(in)
		if err != nil {
			return
		}
		twice, err := discovery.ParseAddress(once)
		if err != nil || twice != once {
			t.Errorf("%q became %q and then %q, %v", in, once, twice, err)
		}
		if once != strings.ToLower(once) || len(once) > 254+len(":65535") {
			t.Errorf("%q became %q, which is not canonical", in, once)
		}
	})
}
