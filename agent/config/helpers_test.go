package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/remora-agent/remora/health/damping"
)

// anywhere is a loader for which every group exists and every variable is set, so that documentation
// can be read on any machine.
var anywhere = Loader{
	LookupEnv:   func(name string) (string, bool) { return "value-of-" + strings.ToLower(name), true },
	LookupGroup: func(string) error { return nil },
}

// literally is everything without variables that must be numbers.
var literally = strings.NewReplacer(`env("SLOTS")`, "32", `env("RING")`, "4096").Replace(everything)

// valid reads a file in the native syntax that must have no fault.
func valid(t *testing.T, src string) *Config {
	t.Helper()
	c, err := anywhere.Parse("test.hcl", []byte(src))
	if err != nil {
		t.Fatalf("refused:\n%v", err)
	}
	return c
}

// refused gives the faults of a load that must fail.
func refused(t *testing.T, c *Config, err error) Faults {
	t.Helper()
	faults, ok := errors.AsType[Faults](err)
	if !ok || len(faults) == 0 {
		t.Fatalf("got configuration %v and error %v, want faults", c, err)
	}
	if c != nil {
		t.Errorf("a configuration came with faults: %v", c)
	}
	return faults
}

// folderOf writes files and gives the folder they are in.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func blockTypes(nested []hcl.BlockHeaderSchema) []string {
	names := make([]string, len(nested))
	for i, b := range nested {
		names[i] = b.Type
	}
	return names
}

// usualDamping is what flap_damping is where nothing else is said.
var usualDamping = damping.Settings{Changes: 6, Window: time.Minute, BaseHold: 10 * time.Second, MaxHold: 5 * time.Minute}
