package testbed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// EtcdBinary returns the path of the etcd server and builds it first where it is missing or older
// than the module files that pin its version. The build takes a minute on a machine that never did it.
func EtcdBinary(t testing.TB) string {
	t.Helper()
	path, err := etcdBinary()
	if err != nil {
		t.Fatalf("build etcd: %v", err)
	}
	return path
}

var etcdBinary = sync.OnceValues(func() (string, error) {
	return buildTool("etcd", "go.etcd.io/etcd/server/v3")
})

// ConsulBinary returns the path of the Consul server and builds it first where it is missing or older
// than the module files that pin its version. The build takes ten minutes on a machine that never did
// it.
func ConsulBinary(t testing.TB) string {
	t.Helper()
	path, err := consulBinary()
	if err != nil {
		t.Fatalf("build consul: %v", err)
	}
	return path
}

var consulBinary = sync.OnceValues(func() (string, error) {
	return buildTool("consul", "github.com/hashicorp/consul")
})

// buildTool builds pkg of the module in tools/name into bin/tools/name. The lock makes test binaries
// that run at the same time build once; the rename keeps a build that was killed from being used.
func buildTool(name, pkg string) (string, error) {
	root, err := checkout(name)
	if err != nil {
		return "", err
	}
	module := filepath.Join(root, "tools", name)
	target := filepath.Join(root, "bin", "tools", name)
	unlock, err := lockFile(target + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if upToDate(target, filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum")) {
		return target, nil
	}
	fresh := target + ".new"
	out, err := exec.Command("go", "build", "-C", module, "-o", fresh, pkg).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return target, os.Rename(fresh, target)
}

// checkout finds the root of the checkout from the folder of the package under test.
func checkout(tool string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for start := dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "tools", tool, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find tools/%s/go.mod in %s or above it: %w", tool, start, os.ErrNotExist)
		}
	}
}

// lockFile takes an advisory lock that ends with the process, however it ends.
func lockFile(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = file.Close() }, nil
}

func upToDate(target string, sources ...string) bool {
	built, err := os.Stat(target)
	if err != nil {
		return false
	}
	for _, source := range sources {
		info, err := os.Stat(source)
		if err != nil || info.ModTime().After(built.ModTime()) {
			return false
		}
	}
	return true
}
