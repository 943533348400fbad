package etcd

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLS names the files of a TLS client, all PEM. They are read again for every session, and the
// certificate for every connection, so that renewed files take effect without a restart.
type TLS struct {
	CAFile             string // authorities to trust; empty: the system's
	CertFile           string // certificate to show, with KeyFile; empty: none
	KeyFile            string
	ServerName         string // name that the server's certificate must carry; empty: that of the endpoint
	InsecureSkipVerify bool   // trust any server
}

// load reads the files; nil stays nil.
func (t *TLS) load() (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify,
	}
	if err := t.loadRoots(config); err != nil {
		return nil, err
	}
	return config, t.loadCertificate(config)
}

func (t *TLS) loadRoots(config *tls.Config) error {
	if t.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return fmt.Errorf("read CA file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("read CA file %s: it holds no PEM certificate", t.CAFile)
	}
	return nil
}

func (t *TLS) loadCertificate(config *tls.Config) error {
	if (t.CertFile == "") != (t.KeyFile == "") {
		return fmt.Errorf("read client certificate: certificate and key file go together, one is missing")
	}
	if t.CertFile == "" {
		return nil
	}
	if _, err := t.certificate(nil); err != nil {
		return err
	}
	config.GetClientCertificate = t.certificate
	return nil
}

func (t *TLS) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read client certificate: %w", err)
	}
	return &pair, nil
}
