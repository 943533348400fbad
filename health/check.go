package health

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The types of a check.
const (
	TypeTCP  = "tcp"  // the address accepts a connection
	TypeHTTP = "http" // a request is answered with an expected status
	TypeGRPC = "grpc" // grpc.health.v1 says SERVING
	TypeNone = "none" // no probes: such a target is ignored
)

// What a check that leaves a field empty gets.
const (
	DefaultInterval = 5 * time.Second
	DefaultTimeout  = time.Second
	DefaultMethod   = "GET"
	DefaultPath     = "/"
	DefaultStatus   = "200-399" // as HAProxy: a redirect is an answer too
)

// The limits of a check. An interval may be shorter than its timeout: rounds that fall due while a
// probe is still in flight are skipped.
const (
	MinInterval = 10 * time.Millisecond
	MaxInterval = 24 * time.Hour
	MinTimeout  = time.Millisecond
	MaxTimeout  = 5 * time.Minute
)

var (
	types   = []string{TypeTCP, TypeHTTP, TypeGRPC, TypeNone}
	methods = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT"}
)

// Check says how to probe. Empty fields stand for their defaults and fields that belong to another
// type are ignored. It is comparable: equal checks of one address share a probe.
type Check struct {
	Type     string
	Interval time.Duration
	Timeout  time.Duration // of the whole probe, the lookup of a hostname included

	Method         string // of http: one of GET, HEAD, OPTIONS, POST and PUT, without a body
	Path           string // of http: with query, if any
	Host           string // of http and grpc: the Host header or :authority; empty: the address
	ExpectedStatus string // of http: codes and ranges, as in "200-299,301"
	GRPCService    string // of grpc: empty asks for the server as a whole

	TLS           bool   // of http and grpc, as the fields below
	TLSSkipVerify bool   // accepts any certificate
	TLSServerName string // to ask for and to verify; empty: Host, else the host of the address
	CAFile        string // PEM, verifies instead of the system's roots; read again when it changes
}

// FieldError is a fault of one field of a check, named as in the configuration.
type FieldError struct {
	Field   string
	Value   string
	Allowed string
}

// Error names the field, its value and what is allowed.
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s %q is not allowed: want %s", e.Field, e.Value, e.Allowed)
}

// Validate returns nil for a check that can be probed. Otherwise it returns every fault at once, as
// an errors.Join of [*FieldError] values.
func (c Check) Validate() error {
	if c.Type != "" && !slices.Contains(types, c.Type) {
		return errors.Join(&FieldError{"type", c.Type, oneOf(types)})
	}
	c = c.normal()
	var faults []error
	refuse := func(bad bool, field, value, allowed string) {
		if bad {
			faults = append(faults, &FieldError{field, value, allowed})
		}
	}
	refuse(c.Interval < MinInterval || c.Interval > MaxInterval,
		"interval", c.Interval.String(), between(MinInterval, MaxInterval))
	refuse(c.Timeout < MinTimeout || c.Timeout > MaxTimeout,
		"timeout", c.Timeout.String(), between(MinTimeout, MaxTimeout))
	refuse(!plain(c.Host), "host", c.Host, "a host name, with a port or without")
	refuse(!plain(c.TLSServerName), "tls_server_name", c.TLSServerName, "a host name")
	if c.Type == TypeHTTP {
		refuse(!slices.Contains(methods, c.Method), "method", c.Method, oneOf(methods))
		_, err := parsePath(c.Path)
		refuse(err != nil, "path", c.Path, `a path that begins with "/"`)
		_, err = parseStatus(c.ExpectedStatus)
		refuse(err != nil, "expected_status", c.ExpectedStatus,
			`codes and ranges between 100 and 599, as in "200-299,301"`)
	}
	return errors.Join(faults...)
}

// none says that the check asks for no probes.
func (c Check) none() bool { return c.Type == "" || c.Type == TypeNone }

// normal fills in the defaults and clears what the type does not use, so that checks that do the
// same compare equal.
func (c Check) normal() Check {
	n := Check{Type: c.Type, Interval: c.Interval, Timeout: c.Timeout}
	setDefault(&n.Type, TypeNone)
	setDefault(&n.Interval, DefaultInterval)
	setDefault(&n.Timeout, DefaultTimeout)
	switch n.Type {
	case TypeHTTP:
		n.Method, n.Path, n.ExpectedStatus = c.Method, c.Path, c.ExpectedStatus
		setDefault(&n.Method, DefaultMethod)
		setDefault(&n.Path, DefaultPath)
		setDefault(&n.ExpectedStatus, DefaultStatus)
	case TypeGRPC:
		n.GRPCService = c.GRPCService
	default:
		return n
	}
	n.Host, n.TLS = c.Host, c.TLS
	if n.TLS {
		n.TLSSkipVerify, n.TLSServerName, n.CAFile = c.TLSSkipVerify, c.TLSServerName, c.CAFile
	}
	return n
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// parsePath reads what stands in a request line after the method: "/health?full=1".
func parsePath(path string) (*url.URL, error) {
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "# ") {
		return nil, fmt.Errorf("parse path %q: it must begin with / and hold neither # nor a space", path)
	}
	return url.ParseRequestURI(path)
}

// plain says that s can stand in a header or a handshake as the name of a host.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' })
}

func oneOf(names []string) string { return "one of " + strings.Join(names, ", ") }

func between(low, high time.Duration) string { return fmt.Sprintf("between %v and %v", low, high) }
