package consul

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/consul/api"
)

// TLS names the files of a TLS client, all PEM. They are read again when they change.
type TLS struct {
	CAFile             string // authorities to trust; empty: the system's
	CertFile           string // certificate to show, with KeyFile; empty: none
	KeyFile            string
	ServerName         string // name that the server's certificate must carry; empty: the host of the address
	InsecureSkipVerify bool   // trust any server
}

// access is what queries show to Consul, as the files said at one moment. It is comparable.
type access struct {
	token         string
	ca, cert, key string // PEM
}

// readAccess reads the files. What comes back need not make sense yet: a certificate and its key may
// be read while they are replaced.
func (c *Config) readAccess() (access, error) {
	a := access{token: c.Token}
	type file struct {
		what, path string
		into       *string
	}
	files := []file{{"token file", c.TokenFile, &a.token}}
	if c.TLS != nil {
		files = append(files,
			file{"CA file", c.TLS.CAFile, &a.ca},
			file{"certificate file", c.TLS.CertFile, &a.cert},
			file{"key file", c.TLS.KeyFile, &a.key})
	}
	for _, file := range files {
		if file.path == "" {
			continue
		}
		text, err := os.ReadFile(file.path)
		if err != nil {
			return a, fmt.Errorf("read %s: %w", file.what, err)
		}
		if *file.into = strings.TrimSpace(string(text)); *file.into == "" {
			return a, fmt.Errorf("read %s %s: it is empty", file.what, file.path)
		}
	}
	return a, nil
}

// tlsConfig builds the TLS side of what was read.
func (c *Config) tlsConfig(a access) (*tls.Config, error) {
	if c.TLS == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}, nil
	}
	if (a.cert == "") != (a.key == "") {
		return nil, errors.New("read client certificate: certificate and key file go together, one is missing")
	}
	config, err := api.SetupTLSConfig(&api.TLSConfig{
		Address:            c.TLS.ServerName,
		CAPem:              []byte(a.ca),
		CertPEM:            []byte(a.cert),
		KeyPEM:             []byte(a.key),
		InsecureSkipVerify: c.TLS.InsecureSkipVerify,
	})
	if err != nil {
		return nil, fmt.Errorf("read TLS files: %w", err)
	}
	config.MinVersion = tls.VersionTLS12
	return config, nil
}

// sameTLS says whether connections made with one serve the other.
func (a access) sameTLS(b access) bool { return a.ca == b.ca && a.cert == b.cert && a.key == b.key }
