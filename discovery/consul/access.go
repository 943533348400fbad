package consul

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/consul/api"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/credential"
)

// TLS names the files of a TLS client, all PEM. They are read again when they change.
type TLS struct {
	CAFile             string // authorities to trust; empty: the system's
	CertFile           string // certificate to show, with KeyFile; empty: none
	KeyFile            string
	ServerName         string // name that the server's certificate must carry; empty: the host of the address
	InsecureSkipVerify bool   // trust any server
}

func (c *Config) files() credential.Files {
	f := credential.Files{Kind: "token", Secret: c.Token, SecretFile: c.TokenFile}
	if c.TLS != nil {
		f.CAFile, f.CertFile, f.KeyFile = c.TLS.CAFile, c.TLS.CertFile, c.TLS.KeyFile
	}
	return f
}

// tlsConfig builds the TLS side of what was read.
func (c *Config) tlsConfig(m credential.Material) (*tls.Config, error) {
	if c.TLS == nil {
		return m.TLS("", false)
	}
	return m.TLS(c.TLS.ServerName, c.TLS.InsecureSkipVerify)
}

func (p *Provider) newFollower() *credential.Follower {
	return &credential.Follower{Files: p.config.files(), Log: p.logger, Try: p.tryAccess, Refused: refused, Apply: p.applyAccess}
}

// tryAccess asks Consul something small on a connection of its own.
func (p *Provider) tryAccess(ctx context.Context, m credential.Material) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.config.RequestTimeout, overdue(p.config.RequestTimeout))
	defer cancel()
	tlsConfig, err := p.config.tlsConfig(m)
	if err != nil {
		return err
	}
	c, err := p.pool.dial(ctx, p.pool.newTransport(tlsConfig))
	if err != nil {
		return err
	}
	defer func() { _ = c.http.Close() }() // it has served its purpose
	q := &api.QueryOptions{Datacenter: p.config.Datacenter, AllowStale: p.config.Stale, Token: tokenOf(m)}
	if _, err := (servers{}).ask(c.client, q.WithContext(ctx)); err != nil {
		return fmt.Errorf("try new credentials: %w", plain(err))
	}
	return nil
}

// refused says whether Consul has understood and does not grant.
func refused(err error) bool {
	status, ok := errors.AsType[statusError](err)
	return ok && status.code < http.StatusInternalServerError && status.code != http.StatusTooManyRequests
}

// applyAccess has all queries asked again with what is new.
func (p *Provider) applyAccess(now, before credential.Material) {
	var transport *http.Transport
	if !now.SameTLS(before) {
		tlsConfig, err := p.config.tlsConfig(now)
		if err != nil {
			p.logger.Error("make a transport of credentials that were tried", "error", err)
			return
		}
		transport = p.pool.newTransport(tlsConfig)
	}
	p.pool.renew(transport)
	p.renews.announce()
}

func tokenOf(m credential.Material) string { return strings.TrimSpace(m.Secret) }

// Credentials implements discovery.Credentialed.
func (p *Provider) Credentials() discovery.Credentials { return p.access.Status() }
