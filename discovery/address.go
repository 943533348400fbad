package discovery

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseAddress returns the canonical form of ip:port, [v6]:port or hostname:port: lower case, the
// shortest spelling of an IP, port 1 to 65535. The error says what was wrong and what is allowed.
func ParseAddress(s string) (string, error) {
	host, port, err := splitAddress(s)
	if err != nil {
		return "", fmt.Errorf("parse address %q: %w; want ip:port, [v6]:port or hostname:port", s, err)
	}
	n, err := parsePort(port)
	if err != nil {
		return "", fmt.Errorf("parse address %q: %w", s, err)
	}
	address, err := join(host, n)
	if err != nil {
		return "", fmt.Errorf("parse address %q: %w", s, err)
	}
	return address, nil
}

// JoinAddress builds a canonical address from a host without brackets and a port, as catalogs that
// keep the two apart need. The error says what was wrong and what is allowed.
func JoinAddress(host string, port int) (string, error) {
	if port < 1 || port > 65535 {
		return "", fmt.Errorf("join address: port %d is not between 1 and 65535", port)
	}
	address, err := join(host, port)
	if err != nil {
		return "", fmt.Errorf("join address: %w", err)
	}
	return address, nil
}

func join(host string, port int) (string, error) {
	suffix := ":" + strconv.Itoa(port)
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" { // names an interface of one host, so it means nothing in a catalog
			return "", fmt.Errorf("host %q has a zone, which is not allowed", host)
		}
		ip = ip.Unmap()
		if ip.Is6() {
			return "[" + ip.String() + "]" + suffix, nil
		}
		return ip.String() + suffix, nil
	}
	if err := checkHostname(host); err != nil {
		return "", err
	}
	return strings.ToLower(host) + suffix, nil
}

func splitAddress(s string) (host, port string, err error) {
	if scheme, _, found := strings.Cut(s, "://"); found {
		return "", "", fmt.Errorf("it begins with the scheme %q, which is not allowed", scheme)
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", "", fmt.Errorf("no port")
	}
	host, port = s[:i], s[i+1:]
	if strings.HasPrefix(host, "[") {
		inner, ok := strings.CutSuffix(host[1:], "]")
		if !ok || !strings.Contains(inner, ":") {
			return "", "", fmt.Errorf("brackets must hold an IPv6 address, as in [::1]:80")
		}
		return inner, port, nil
	}
	if strings.Contains(host, ":") {
		return "", "", fmt.Errorf("an IPv6 address needs brackets, as in [::1]:80")
	}
	return host, port, nil
}

func parsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %q is not a number between 1 and 65535", s)
	}
	return int(n), nil
}

// checkHostname accepts what resolvers accept: labels of letters, digits, '-' and '_', each of 1 to
// 63 bytes, 253 in all. A name whose last label is all digits is a mistyped IP (RFC 3696, section 2).
func checkHostname(host string) error {
	if host == "" {
		return fmt.Errorf("the host is empty")
	}
	name := strings.TrimSuffix(host, ".") // absolute: no search domains; not the same name
	if len(name) > 253 {
		return fmt.Errorf("the host has %d bytes, at most 253 are allowed", len(name))
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if err := checkLabel(label); err != nil {
			return fmt.Errorf("host %q: %w", host, err)
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return fmt.Errorf("host %q is neither an IP address nor a hostname", host)
	}
	return nil
}

func checkLabel(label string) error {
	if label == "" || len(label) > 63 {
		return fmt.Errorf("a label has %d bytes, 1 to 63 are allowed", len(label))
	}
	if label[0] == '-' || label[len(label)-1] == '-' {
		return fmt.Errorf("label %q begins or ends with '-'", label)
	}
	if i := strings.IndexFunc(label, outsideHostnames); i >= 0 {
		_, size := utf8.DecodeRuneInString(label[i:])
		return fmt.Errorf("%q is not allowed, only letters of ASCII, digits, '-', '_' and '.'", label[i:i+size])
	}
	return nil
}

func outsideHostnames(c rune) bool {
	letter := c|0x20 >= 'a' && c|0x20 <= 'z'
	return !letter && (c < '0' || c > '9') && c != '-' && c != '_'
}
