package arrows

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../.."

func TestArrows(t *testing.T) {
	notePackages(t)
	packages := list(t)
	for _, fault := range check(packages, rules) {
		t.Error(fault)
	}
	for _, room := range []string{"agent", "balancer", "client", "client/wire", "cmd/remora", "discovery", "health"} {
		if !contains(packages, room) {
			t.Errorf("go list does not know %s", room)
		}
	}
}

// TestATurnedArrowIsFound gives the go command a file that is not on the disk and turns an arrow.
func TestATurnedArrowIsFound(t *testing.T) {
	tests := []struct{ file, imports, want string }{
		{"balancer/zz_wrong.go", module + "/health", "balancer must not import " + module + "/health: "},
		{"balancer/zz_wrong.go", "github.com/hashicorp/go-hclog", "no I/O, no logging, nothing to pull in"},
		{"client/zz_wrong.go", "github.com/hashicorp/go-hclog", "client must not import github.com/hashicorp/go-hclog: "},
		{"newroom/zz_wrong.go", "fmt", "newroom has no rule"},
	}
	for _, test := range tests {
		t.Run(test.file+" imports "+test.imports, func(t *testing.T) {
			source := "package " + filepath.Dir(test.file) + "\n\nimport _ \"" + test.imports + "\"\n"
			faults := check(list(t, "-overlay="+overlay(t, test.file, source)), rules)
			if !strings.Contains(strings.Join(faults, "\n"), test.want) {
				t.Errorf("the faults are %q, want %q", faults, test.want)
			}
		})
	}
}

// TestEveryRule turns arrows that the packages of today could not.
func TestEveryRule(t *testing.T) {
	tests := []struct {
		from, imports string
		allowed       bool
	}{
		{"balancer", "sync/atomic", true},
		{"balancer", module + "/balancer/hashing", true},
		{"balancer", "net/http", false},
		{"balancer", "github.com/cespare/xxhash/v2", false},
		{"balancer/hashing", "github.com/cespare/xxhash/v2", true},
		{"balancer/hashing", "github.com/hashicorp/go-hclog", false},
		{"balancer/hashing", "net", false},
		{"balancer/hashing", module + "/discovery", false},
		{"discovery", module + "/balancer", false},
		{"discovery", "go.etcd.io/etcd/client/v3", false},
		{"discovery/static", module + "/health", false},
		{"discovery/etcd", "go.etcd.io/etcd/client/v3", true},
		{"discovery/etcd", module + "/agent/config", false},
		{"discovery/consul", "github.com/hashicorp/consul/api", true},
		{"discovery/consul", "github.com/hashicorp/consul/agent", false},
		{"discovery", "github.com/hashicorp/consul/api", false},
		{"health", "google.golang.org/grpc", true},
		{"health", module + "/discovery", false},
		{"client/wire", module + "/discovery", false},
		{"client", module + "/client/wire", true},
		{"client", module + "/discovery", false},
		{"client", "google.golang.org/grpc", false},
		{"client/grpcresolver", "google.golang.org/grpc/resolver", true},
		{"agent", module + "/health", true},
		{"agent", module + "/client", false},
		{"agent", module + "/internal/testbed", false},
		{"agent/api", module + "/balancer", false},
		{"agent/api", module + "/client/wire", true},
		{"cmd/remora", module + "/agent", true},
		{"cmd/remora", module + "/balancer", false},
		{"internal/testbed", module + "/client", false},
		{".", "fmt", false}, // no rule: the top has no package
	}
	for _, test := range tests {
		packages := []pkg{
			{ImportPath: strings.TrimSuffix(module+"/"+test.from, "/."), Imports: []string{test.imports}},
			{ImportPath: test.imports, Standard: !strings.Contains(test.imports, ".")},
		}
		faults := check(packages, rules)
		if (len(faults) == 0) != test.allowed {
			t.Errorf("%s -> %s: %q, want it allowed: %v", test.from, test.imports, faults, test.allowed)
		}
	}
}

// list asks the go command for the module's packages and all that they depend on.
func list(t *testing.T, flags ...string) []pkg {
	t.Helper()
	args := append([]string{"list", "-deps", "-json=ImportPath,Standard,Imports"}, flags...)
	command := exec.Command("go", append(args, "./...")...)
	command.Dir = root
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []pkg
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// overlay returns the file for -overlay that adds one file of source to the module.
func overlay(t *testing.T, file, source string) string {
	t.Helper()
	dir := t.TempDir()
	path, err := filepath.Abs(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	added := filepath.Join(dir, "added.go")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {path: added}})
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "overlay.json")
	for name, content := range map[string][]byte{added: []byte(source), config: text} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

func contains(packages []pkg, room string) bool {
	return slices.ContainsFunc(packages, func(p pkg) bool { return p.ImportPath == module+"/"+room })
}

// notePackages looks at every Go file of the module. `go test` repeats an old result unless a file
// that the test itself looked at has changed, and it does not see what the go command reads.
func notePackages(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a test of another package has tidied up
		}
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "bin" || name == "tools") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ".go") {
			os.Stat(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
