package credential

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Files names what a provider shows to its catalog. All paths may be empty.
type Files struct {
	Kind       string // what Secret is, for errors: token, password
	Secret     string // as it is
	SecretFile string // instead of Secret
	CAFile     string // authorities to trust, PEM; empty: the system's
	CertFile   string // certificate to show, with KeyFile, PEM
	KeyFile    string
}

// Material is what the files held at one moment. It is comparable, and must not be printed.
type Material struct {
	Secret        string
	CA, Cert, Key string // PEM
}

// String keeps a Material that is printed by mistake from saying anything.
func (Material) String() string { return "***" }

// GoString does the same.
func (Material) GoString() string { return "***" }

// Read reads the files. What comes back need not make sense: a certificate and its key may be read while
// they are replaced.
func (f Files) Read() (Material, error) {
	m := Material{Secret: f.Secret}
	for _, file := range []struct {
		what, path string
		into       *string
	}{
		{cmp.Or(f.Kind, "secret") + " file", f.SecretFile, &m.Secret},
		{"CA file", f.CAFile, &m.CA},
		{"certificate file", f.CertFile, &m.Cert},
		{"key file", f.KeyFile, &m.Key},
	} {
		if file.path == "" {
			continue
		}
		text, err := os.ReadFile(file.path)
		if err != nil {
			return Material{}, fmt.Errorf("read %s: %w", file.what, err)
		}
		if *file.into = strings.TrimRight(string(text), "\r\n"); strings.TrimSpace(*file.into) == "" {
			return Material{}, fmt.Errorf("read %s %s: it is empty", file.what, file.path)
		}
	}
	return m, nil
}

// blame adds to what is wrong with the material of TLS which files it came from; nil stays nil.
func (f Files) blame(err error) error {
	if err == nil {
		return nil
	}
	var paths []string
	for _, path := range []string{f.CAFile, f.CertFile, f.KeyFile} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return fmt.Errorf("%w (of %s)", err, strings.Join(paths, ", "))
}

// SameTLS says whether connections made with one serve the other.
func (m Material) SameTLS(other Material) bool {
	return m.CA == other.CA && m.Cert == other.Cert && m.Key == other.Key
}

// TLS builds the configuration of a client. It does not look at dates.
func (m Material) TLS(serverName string, insecureSkipVerify bool) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: serverName, InsecureSkipVerify: insecureSkipVerify}
	if m.CA != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(m.CA)) {
			return nil, errors.New("read CA file: it holds no PEM certificate")
		}
	}
	switch {
	case m.Cert == "" && m.Key == "":
		return config, nil
	case m.Cert == "" || m.Key == "":
		return nil, errors.New("read client certificate: certificate and key file go together, one is missing")
	}
	pair, err := tls.X509KeyPair([]byte(m.Cert), []byte(m.Key))
	if err != nil {
		return nil, fmt.Errorf("read client certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// Expires is when the certificate expires; the zero time where there is none.
func (m Material) Expires() time.Time {
	if leaf := m.leaf(); leaf != nil {
		return leaf.NotAfter
	}
	return time.Time{}
}

// Check says whether the material makes sense at a moment: the certificate goes with its key, and it is
// valid.
func (m Material) Check(now time.Time) error {
	if _, err := m.TLS("", false); err != nil {
		return err
	}
	leaf := m.leaf()
	switch {
	case leaf == nil:
		return nil
	case now.After(leaf.NotAfter):
		return fmt.Errorf("read client certificate: it has expired at %s", leaf.NotAfter.Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("read client certificate: it is not valid before %s", leaf.NotBefore.Format(time.RFC3339))
	}
	return nil
}

func (m Material) leaf() *x509.Certificate {
	for rest := []byte(m.Cert); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		if leaf, err := x509.ParseCertificate(block.Bytes); err == nil {
			return leaf
		}
	}
}
