package consul

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// Config says where the catalog is and how patient to be. Whatever is zero gets its default.
type Config struct {
	Address string // http://host:port, https://host:port, host:port or unix:///path: 127.0.0.1:8500
	TLS     *TLS   // nil: https trusts the system's authorities and shows no certificate

	Token     string // empty: none
	TokenFile string // instead of Token; read again when it changes

	Datacenter string // empty: that of the agent at Address
	Namespace  string // of Consul Enterprise
	Stale      bool   // any server may answer, not only the leader

	// MaxConnections bounds the connections: 150. A Consul allows one client address 200.
	MaxConnections int
	// MaxBodyBytes bounds an answer, unpacked: 32 MiB.
	MaxBodyBytes int64

	// Wait is how long Consul may hold an answer back while nothing changes: 60 s. It adds up to a
	// sixteenth by itself.
	Wait time.Duration
	// Turn is the longest such wait while services take turns on the connections: 10 s.
	Turn time.Duration
	// RequestTimeout bounds connecting, and a query that does not wait: 10 s.
	RequestTimeout time.Duration
	// Lateness is how much later than promised a query that waits may be answered: 7 s, so that with
	// Wait, and what Consul adds to it, a silent stall shows after 71 s at most. It is never more than
	// RequestTimeout.
	Lateness time.Duration
	// KnockEvery is how far apart the lookout's queries are at most while Consul does not answer them:
	// 750 ms. Half of it is jitter.
	KnockEvery time.Duration
	// RefreshEvery is how often the files are looked at: 1 s.
	RefreshEvery time.Duration
	// Pause is how far apart queries are at most that bring nothing new although Consul did not hold them
	// back, after a burst of two: 15 s. Those that are woken by other services pause for less as long as
	// they are few.
	Pause time.Duration
	// Backoff spaces out attempts after errors: discovery.DefaultBackoff.
	Backoff discovery.Backoff
}

// withDefaults checks c and returns it with every blank filled in.
func (c Config) withDefaults() (Config, error) {
	c.Address = cmp.Or(c.Address, "127.0.0.1:8500")
	c.MaxConnections = cmp.Or(c.MaxConnections, 150)
	c.MaxBodyBytes = cmp.Or(c.MaxBodyBytes, 32<<20)
	c.Wait = cmp.Or(c.Wait, time.Minute)
	c.Turn = min(cmp.Or(c.Turn, 10*time.Second), c.Wait)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, 10*time.Second)
	c.Lateness = min(cmp.Or(c.Lateness, 7*time.Second), c.RequestTimeout)
	c.KnockEvery = cmp.Or(c.KnockEvery, 750*time.Millisecond)
	c.RefreshEvery = cmp.Or(c.RefreshEvery, time.Second)
	c.Pause = cmp.Or(c.Pause, 15*time.Second)
	c.Backoff = cmp.Or(c.Backoff, discovery.DefaultBackoff)
	switch {
	case c.Token != "" && c.TokenFile != "":
		return c, errors.New("read token: there is one and a file, only one of the two is allowed")
	case c.MaxConnections < 1:
		return c, fmt.Errorf("read max connections: %d is not 1 or more", c.MaxConnections)
	}
	return c, nil
}

// target is where connections go.
type target struct {
	scheme  string // http or https
	address string // host:port that the requests name
	socket  string // path of the UNIX socket; empty: TCP
}

func (c Config) target() (target, error) {
	const want = "want http://host:port, https://host:port, host:port or unix:///path"
	if path, ok := strings.CutPrefix(c.Address, "unix://"); ok {
		if path == "" || c.TLS != nil {
			return target{}, fmt.Errorf("read address %q: %s, a UNIX socket without TLS", c.Address, want)
		}
		return target{scheme: "http", address: "localhost:80", socket: path}, nil
	}
	address := c.Address
	if !strings.Contains(address, "://") {
		scheme := "http://"
		if c.TLS != nil {
			scheme = "https://"
		}
		address = scheme + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return target{}, fmt.Errorf("read address %q: %s", c.Address, want)
	case u.Scheme != "http" && u.Scheme != "https":
		return target{}, fmt.Errorf("read address %q: scheme %q is unknown, %s", c.Address, u.Scheme, want)
	case c.TLS != nil && u.Scheme != "https":
		return target{}, fmt.Errorf("read address %q: TLS is configured, want https://host:port", c.Address)
	}
	if _, err := discovery.ParseAddress(u.Host); err != nil {
		return target{}, fmt.Errorf("read address %q: %w", c.Address, err)
	}
	return target{scheme: u.Scheme, address: u.Host}, nil
}
