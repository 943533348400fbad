package health

import (
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// rootsCache keeps the certificates of CA files, one entry a file, until the file changes.
type rootsCache struct {
	mu    sync.Mutex
	files map[string]roots
}

type roots struct {
	pool     *x509.CertPool
	modified time.Time
	size     int64
}

// load returns the certificates of a PEM file, or nil, which stands for the system's, when path is
// empty. A file that can't be used is no fault of the backend: the error is an errLocal.
func (c *rootsCache) load(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: find CA file: %w", errLocal, err)
	}
	if pool := c.cached(path, info); pool != nil {
		return pool, nil
	}
	pool, err := readRoots(path)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files == nil {
		c.files = map[string]roots{}
	}
	c.files[path] = roots{pool, info.ModTime(), info.Size()}
	return pool, nil
}

// cached returns nil when the file was not read yet, or changed since.
func (c *rootsCache) cached(path string, info os.FileInfo) *x509.CertPool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.files[path]; ok && r.modified.Equal(info.ModTime()) && r.size == info.Size() {
		return r.pool
	}
	return nil
}

func readRoots(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: read CA file: %w", errLocal, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: read CA file %s: it holds no PEM certificate", errLocal, path)
	}
	return pool, nil
}
