package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/remora-agent/remora/discovery"
)

const (
	maxSocketPath  = 107 // bytes; the kernel's sun_path holds 108 with the NUL
	maxServiceName = 253 // bytes
)

var (
	filePath   = limited("a path, not empty and without NUL", isPath)
	text       = limited("a string, not empty and without control characters", isText)
	permission = limited(`permission bits in octal, as a string from "0000" to "0777"`, func(m fs.FileMode) bool {
		return m <= fs.ModePerm
	})
	socketPath  = ruled("the path of a socket, of 1 to 107 bytes", checkSocketPath)
	serviceName = ruled(`a name of 1 to 253 bytes of UTF-8 without control characters, not "." or ".."`, checkServiceName)
	listenOn    = ruled("host:port, port 0 to 65535; without a host, all of the machine's addresses", checkListen)
	httpURL     = ruled("http://host:port, https://host:port or host:port", checkHTTPURL)
	consulURL   = ruled("host:port, http://host:port, https://host:port or unix:///path", checkConsulURL)
	httpPath    = limited("a path that begins with /, with a query or without", isHTTPPath)
	hostName    = limited("a host name, with a port or without", isHostName)
	statusCodes = ruled("codes and ranges from 100 to 599, such as 200-299,301", checkStatusCodes)
	glob        = limited("a glob, in which * is any run of characters and ? is one", isText)
	folder      = limited("a prefix that ends in /", func(s string) bool { return isText(s) && strings.HasSuffix(s, "/") })
	priority    = whole(0, discovery.MaxPriority)
	filter      = ruled(`an expression over Address, ID, Zone, Weight, Tags and Meta, such as "\"v2\" in Tags"`, checkFilter)
	consulQuery = ruled("an expression as Consul's API documents it", checkConsulFilter)
	secret      = limited("a string, not empty", func(s Secret) bool { return s != Secret{} })
)

func isPath(s string) bool { return s != "" && !strings.ContainsRune(s, 0) }

func isText(s string) bool { return s != "" && !strings.ContainsFunc(s, unicode.IsControl) }

func isHTTPPath(s string) bool {
	_, err := url.ParseRequestURI(s)
	return err == nil && strings.HasPrefix(s, "/") && !strings.ContainsAny(s, "# ")
}

// isHostName holds for what can stand in a Host header and, without a port, in a TLS handshake.
func isHostName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '/' })
}

func checkSocketPath(s string) error {
	if !isPath(s) {
		return errOutside
	}
	if len(s) > maxSocketPath {
		return fmt.Errorf("it has %d bytes", len(s))
	}
	return nil
}

func checkServiceName(s string) error {
	switch {
	case len(s) > maxServiceName:
		return fmt.Errorf("it has %d bytes", len(s))
	case !utf8.ValidString(s):
		return errors.New("it is not UTF-8")
	case s == "." || s == ".." || !isText(s):
		return errOutside
	}
	return nil
}

func checkListen(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return errOutside
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q is not a number from 0 to 65535", port)
	}
	if host == "" || isIP(host) {
		return nil
	}
	_, err = discovery.JoinAddress(host, 1)
	return err
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

func checkFilter(s string) error {
	_, err := discovery.CompileFilter(s)
	return inner(err)
}

// checkConsulFilter leaves what the selectors mean to Consul.
func checkConsulFilter(s string) error { return inner(discovery.CheckFilterSyntax(s)) }

// inner gives what an error says about the value, on one line.
func inner(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(errors.Unwrap(err).Error(), "\n", "; "))
}

// checkHTTPURL wants a scheme that the client knows and nothing but a host and a port behind it.
func checkHTTPURL(s string) error {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	if scheme, _, other := strings.Cut(rest, "://"); other && !ok {
		return fmt.Errorf("the scheme %q is not supported", scheme)
	}
	if strings.Contains(rest, "@") { // whatever else is wrong with it is not quoted: it may be a secret
		return errors.New("a user has settings of its own and no place in the address")
	}
	_, err := discovery.ParseAddress(strings.TrimSuffix(rest, "/"))
	return err
}

func checkConsulURL(s string) error {
	if path, ok := strings.CutPrefix(s, "unix://"); ok {
		return checkSocketPath(path)
	}
	return checkHTTPURL(s)
}

func checkStatusCodes(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		from, to := statusCode(low), statusCode(high)
		if from == 0 || to == 0 || from > to {
			return fmt.Errorf("%q is neither", part)
		}
	}
	return nil
}

// statusCode gives 0 for what is no status code.
func statusCode(s string) int {
	if n, err := strconv.Atoi(s); err == nil && len(s) == 3 && 100 <= n && n <= 599 {
		return n
	}
	return 0
}
