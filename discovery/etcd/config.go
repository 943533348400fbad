package etcd

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/remora-agent/remora/discovery"
)

// Config says where the catalog is and how patient to be. Endpoints must be set; any duration or
// size that is zero gets its default.
type Config struct {
	Endpoints []string // http://host:port or https://host:port; a bare host:port is http, with TLS https
	Prefix    string   // as it stands before the service's name, its slash included; empty: all keys
	TLS       *TLS     // nil: https trusts the system's authorities and shows no certificate

	Username     string // empty: no authentication
	Password     string
	PasswordFile string // instead of Password; read again when it changes

	// RequestTimeout bounds one page of a list, and connecting with its authentication: 5 s.
	RequestTimeout time.Duration
	// ProgressEvery is how often the server is asked how far the watch is: 5 s. It is how old the
	// freshness of a quiet service may look, too.
	ProgressEvery time.Duration
	// StallAfter is how long the server may be silent until the session is given up: 12 s.
	StallAfter time.Duration
	// RelistEvery is how often the prefix is listed again although the watch works, give or take a
	// tenth: 10 min. It repairs what a server lost on the way.
	RelistEvery time.Duration
	// KeepaliveTime is how long a connection may be quiet before it is pinged: 10 s, which is also
	// the least that gRPC allows. KeepaliveTimeout is how long the answer may take: 5 s.
	KeepaliveTime    time.Duration
	KeepaliveTimeout time.Duration
	// Backoff spaces out sessions: discovery.DefaultBackoff.
	Backoff discovery.Backoff
	// KnockEvery is how far apart sessions begin at most while etcd answers nothing: 750 ms. Half of it is
	// jitter.
	KnockEvery time.Duration
	// RefreshEvery is how often the files are looked at: 1 s.
	RefreshEvery time.Duration
	// PageSize is how many keys the first answer of a list may hold: 1000. The others hold more or fewer,
	// by the size of the values.
	PageSize int
}

// withDefaults checks c and returns it with every blank filled in.
func (c Config) withDefaults() (Config, error) {
	endpoints, err := c.urls()
	if err != nil {
		return c, err
	}
	c.Endpoints = endpoints
	if err := c.checkPassword(); err != nil {
		return c, err
	}
	c.RequestTimeout = cmp.Or(c.RequestTimeout, 5*time.Second)
	c.ProgressEvery = cmp.Or(c.ProgressEvery, 5*time.Second)
	c.StallAfter = cmp.Or(c.StallAfter, 12*time.Second)
	c.RelistEvery = cmp.Or(c.RelistEvery, 10*time.Minute)
	c.KeepaliveTime = cmp.Or(c.KeepaliveTime, 10*time.Second)
	c.KeepaliveTimeout = cmp.Or(c.KeepaliveTimeout, 5*time.Second)
	c.Backoff = cmp.Or(c.Backoff, discovery.DefaultBackoff)
	c.KnockEvery = cmp.Or(c.KnockEvery, 750*time.Millisecond)
	c.RefreshEvery = cmp.Or(c.RefreshEvery, time.Second)
	c.PageSize = cmp.Or(c.PageSize, 1000)
	return c, nil
}

func (c Config) checkPassword() error {
	switch {
	case c.Password != "" && c.PasswordFile != "":
		return errors.New("read password: there is one and a file, only one of the two is allowed")
	case (c.Username == "") != (c.Password == "" && c.PasswordFile == ""):
		return errors.New("read username and password: one is set without the other")
	}
	return nil
}

// urls completes the endpoints. The client library takes the scheme of the first for all of them and
// sends passwords in the clear where that is http, so mixtures are refused.
func (c Config) urls() ([]string, error) {
	if len(c.Endpoints) == 0 {
		return nil, fmt.Errorf("read endpoints: none is given, at least one is needed")
	}
	urls := make([]string, len(c.Endpoints))
	first := ""
	for i, endpoint := range c.Endpoints {
		u, err := c.parseEndpoint(endpoint)
		if err != nil {
			return nil, fmt.Errorf("read endpoint %q: %w", endpoint, err)
		}
		if first == "" {
			first = u.Scheme
		}
		switch {
		case u.Scheme != first:
			return nil, fmt.Errorf("read endpoint %q: another endpoint is %s, all must have one scheme", endpoint, first)
		case c.TLS != nil && u.Scheme != "https":
			return nil, fmt.Errorf("read endpoint %q: TLS is configured, want https://host:port", endpoint)
		}
		urls[i] = u.Scheme + "://" + u.Host
	}
	return urls, nil
}

func (c Config) parseEndpoint(endpoint string) (*url.URL, error) {
	if !strings.Contains(endpoint, "://") {
		scheme := "http://"
		if c.TLS != nil {
			scheme = "https://"
		}
		endpoint = scheme + endpoint
	}
	const want = "want http://host:port, https://host:port or host:port"
	u, err := url.Parse(endpoint)
	if err != nil || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New(want)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("scheme %q is unknown, %s", u.Scheme, want)
	}
	if _, err := discovery.ParseAddress(u.Host); err != nil {
		return nil, err
	}
	return u, nil
}
