package health

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestCheckValidate(t *testing.T) {
	http := func(change func(*Check)) Check {
		c := Check{Type: TypeHTTP}
		change(&c)
		return c
	}
	tests := []struct {
		name  string
		check Check
		want  []string // parts of one message each, in order; none: valid
	}{
		{"the zero check", Check{}, nil},
		{"tcp by default", Check{Type: TypeTCP}, nil},
		{"http by default", Check{Type: TypeHTTP}, nil},
		{"grpc by default", Check{Type: TypeGRPC}, nil},
		{"unknown type", Check{Type: "tpc"}, []string{`type "tpc" is not allowed: want one of tcp, http, grpc, none`}},
		{"interval too short", Check{Type: TypeTCP, Interval: time.Millisecond}, []string{`interval "1ms" is not allowed: want between 10ms and 24h`}},
		{"interval negative", Check{Type: TypeTCP, Interval: -1}, []string{"interval"}},
		{"timeout too long", Check{Type: TypeTCP, Timeout: time.Hour}, []string{`timeout "1h0m0s"`}},
		{"timeout longer than the interval", Check{Type: TypeTCP, Interval: sec, Timeout: 2 * sec}, nil},
		{"fields of another type", Check{Type: TypeTCP, Path: "nonsense", Method: "BREW"}, nil},
		{"path with query", http(func(c *Check) { c.Path = "/a%20b?full=1" }), nil},
		{"path without slash", http(func(c *Check) { c.Path = "health" }), []string{`path "health"`}},
		{"path with a header in it", http(func(c *Check) { c.Path = "/ HTTP/1.1\r\nX: y" }), []string{"path"}},
		{"path with a fragment", http(func(c *Check) { c.Path = "/a#b" }), []string{"path"}},
		{"path with a bad escape", http(func(c *Check) { c.Path = "/%zz" }), []string{"path"}},
		{"method", http(func(c *Check) { c.Method = "BREW" }), []string{`method "BREW" is not allowed: want one of GET, HEAD`}},
		{"host with a header in it", http(func(c *Check) { c.Host = "a\r\nb" }), []string{"host"}},
		{"server name", http(func(c *Check) { c.TLS, c.TLSServerName = true, "a b" }), []string{"tls_server_name"}},
		{"all faults at once", Check{Type: TypeHTTP, Interval: 1, Timeout: -1, Path: "x", ExpectedStatus: "20"}, []string{"interval", "timeout", "path", "expected_status"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkFaults(t, tt.check.Validate(), tt.want) })
	}
}

// checkFaults wants one FieldError for each part, in order.
func checkFaults(t *testing.T, err error, parts []string) {
	t.Helper()
	var faults []error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		faults = joined.Unwrap()
	}
	if len(faults) != len(parts) || (err == nil) != (len(parts) == 0) {
		t.Fatalf("got %v, want faults about %q", err, parts)
	}
	for i, fault := range faults {
		if _, ok := errors.AsType[*FieldError](fault); !ok || !strings.Contains(fault.Error(), parts[i]) {
			t.Errorf("fault %d is %q (%T), want a FieldError with %q", i, fault, fault, parts[i])
		}
	}
}

func TestCheckNormal(t *testing.T) {
	if got := (Check{Type: TypeTCP, Path: "/x", TLS: true, Host: "h"}).normal(); got != (Check{Type: TypeTCP}).normal() {
		t.Errorf("a tcp check keeps what it does not use: %+v", got)
	}
	explicit := Check{
		Type: TypeHTTP, Interval: 5 * sec, Timeout: sec,
		Method: "GET", Path: "/", ExpectedStatus: "200-399",
	}
	if got := (Check{Type: TypeHTTP, CAFile: "unused"}).normal(); got != explicit {
		t.Errorf("got %+v, want the documented defaults %+v", got, explicit)
	}
	for _, typ := range types {
		once := Check{Type: typ, TLS: true, Host: "h", GRPCService: "s", CAFile: "c"}.normal()
		if twice := once.normal(); twice != once {
			t.Errorf("%s: normal again gives %+v, want %+v", typ, twice, once)
		}
	}
}

func TestParseStatus(t *testing.T) {
	tests := []struct {
		spec    string
		in, out []int
	}{
		{DefaultStatus, []int{200, 204, 301, 399}, []int{199, 400, 503}},
		{"204", []int{204}, []int{200, 203, 205}},
		{"200-299,301, 418", []int{200, 299, 301, 418}, []int{300, 302, 417}},
		{"100-599", []int{100, 599}, []int{0, 99, 600}},
	}
	for _, tt := range tests {
		set, err := parseStatus(tt.spec)
		if err != nil {
			t.Errorf("%q: %v", tt.spec, err)
		}
		for _, code := range tt.in {
			if !set.contains(code) {
				t.Errorf("%q does not contain %d", tt.spec, code)
			}
		}
		for _, code := range tt.out {
			if set.contains(code) {
				t.Errorf("%q contains %d", tt.spec, code)
			}
		}
	}
	for _, spec := range []string{"", ",", "2xx", "299-200", "200-", "-200", "99", "600", "+200", "0200", "200-300-400", "200 300"} {
		if set, err := parseStatus(spec); err == nil {
			t.Errorf("%q is accepted as %v", spec, set)
		}
	}
}
