package client

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestDependencies holds what an application links with this package, besides the standard library.
func TestDependencies(t *testing.T) {
	command := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	want := []string{
		"github.com/cespare/xxhash/v2",
		"github.com/remora-agent/remora/balancer",
		"github.com/remora-agent/remora/balancer/hashing",
		"github.com/remora-agent/remora/client",
		"github.com/remora-agent/remora/client/wire",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the package depends on\n%q\nwant\n%q", got, want)
	}
}
