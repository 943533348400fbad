package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/errgroup"

	"github.com/remora-agent/remora/discovery"
	"github.com/remora-agent/remora/discovery/credential"
)

// TLS names the files of a TLS client, all PEM. They are read again when they change.
type TLS struct {
	CAFile             string // authorities to trust; empty: the system's
	CertFile           string // certificate to show, with KeyFile; empty: none
	KeyFile            string
	ServerName         string // name that the server's certificate must carry; empty: that of the endpoint
	InsecureSkipVerify bool   // trust any server
}

func (c Config) files() credential.Files {
	f := credential.Files{Kind: "password", Secret: c.Password, SecretFile: c.PasswordFile}
	if c.TLS != nil {
		f.CAFile, f.CertFile, f.KeyFile = c.TLS.CAFile, c.TLS.CertFile, c.TLS.KeyFile
	}
	return f
}

// tlsConfig builds the TLS side of what was read; nil where TLS is not configured.
func (c Config) tlsConfig(m credential.Material) (*tls.Config, error) {
	if c.TLS == nil {
		return nil, nil
	}
	return m.TLS(c.TLS.ServerName, c.TLS.InsecureSkipVerify)
}

// errRenewed ends a session whose password or certificate was replaced: another begins at once.
var errRenewed = errors.New("password or certificate was renewed")

func (p *Provider) newFollower() *credential.Follower {
	return &credential.Follower{
		Files:   p.config.files(),
		Log:     p.logger,
		Try:     p.tryAccess,
		Refused: refused,
		Apply: func(_, _ credential.Material) {
			select {
			case p.renewed <- struct{}{}:
			default: // nobody has taken note of the one before yet
			}
		},
	}
}

// tryAccess authenticates and asks one small question, on a connection of its own.
func (p *Provider) tryAccess(ctx context.Context, m credential.Material) error {
	ctx, cancel := context.WithTimeout(clientv3.WithRequireLeader(ctx), 2*p.config.RequestTimeout)
	defer cancel()
	s := &session{Provider: p}
	var err error
	if s.client, err = s.connectWith(ctx, m); err != nil {
		return err
	}
	defer func() { _ = s.client.Close() }() // it repeats the context's error
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.untilUnreachable(ctx) }) // which knows why, and soon
	group.Go(func() error {
		if err := s.askSmall(ctx); err != nil {
			return err
		}
		return errTaken
	})
	if err = group.Wait(); errors.Is(err, errTaken) {
		return nil
	}
	return fmt.Errorf("try new credentials: %w", err)
}

// errTaken ends the attempt to use new credentials that has succeeded.
var errTaken = errors.New("etcd has taken the new credentials")

// Credentials implements discovery.Credentialed.
func (p *Provider) Credentials() discovery.Credentials { return p.access.Status() }
