package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	want := &Config{
		LogLevel: "info",
		API:      API{Socket: "/run/remora/remora.sock", Mode: 0o660, MaxConnections: 1024, MaxConnectionsPerUID: 512, MaxStreamsPerUID: 256},
		Health:   Health{MaxInFlight: 64},
		Defaults: Defaults{Balance: Balance{
			Strategy: "round_robin", HashFallback: FallbackNone, OnEmpty: EmptyHold, HoldDown: time.Minute, FlapDamping: usualDamping,
			SlowStart: SlowStart{Aggression: 1, MinPercent: 10},
			Locality:  ZoneAware{LocalBias: 1},
			RingHash:  RingHash{MinSize: 1024, MaxSize: 8 << 20},
			PeakEWMA:  PeakEWMA{Decay: 10 * time.Second, FailurePenalty: time.Second},
		}},
	}
	for name, load := range map[string]func() (*Config, error){
		"no path":    func() (*Config, error) { return Load() },
		"empty file": func() (*Config, error) { return Parse("test.hcl", nil) },
		"empty JSON": func() (*Config, error) { return Parse("test.hcl.json", []byte("{}")) },
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := load(); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v and error %v, want %v", got, err, want)
			}
		})
	}
}

func TestEnvOfTheProcess(t *testing.T) {
	t.Setenv("REMORA_TEST_ZONE", "")
	c, err := Parse("test.hcl", []byte("locality {\n zone = env(\"REMORA_TEST_ZONE\")\n}"))
	if err != nil || c.Locality.Zone != "" {
		t.Errorf("a variable that is set to nothing: got %v and error %v", c, err)
	}
}

func TestProbedOnlyWhereACheckApplies(t *testing.T) {
	const own = "service \"a\" {\n backend \"a:1\" {}\n health_check {}\n}\n"
	const none = "service \"b\" {\n backend \"b:1\" {}\n}\n"
	const off = "defaults {\n health_check {\n  type = \"none\"\n  interval = \"9s\"\n }\n}\n"
	for _, tt := range []struct {
		name, src string
		defaults  string
		want      []string // the types of the services' checks
	}{
		{"no defaults", own + none, "", []string{"tcp", ""}},
		{"empty defaults", "defaults {}\n" + own + none, "", []string{"tcp", ""}},
		{"defaults", "defaults {\n health_check {}\n}\n" + own + none, "tcp", []string{"tcp", "tcp"}},
		{"defaults say none", off + own + none, "", []string{"", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := valid(t, tt.src)
			if got := typeOf(c.Defaults.HealthCheck); got != tt.defaults {
				t.Errorf("defaults: type %q, want %q", got, tt.defaults)
			}
			for i, want := range tt.want {
				if got := typeOf(c.Services[i].HealthCheck); got != want {
					t.Errorf("service %q: type %q, want %q", c.Services[i].Name, got, want)
				}
			}
		})
	}
}

func typeOf(h *HealthCheck) string {
	if h == nil {
		return ""
	}
	return h.Type
}

func TestStrategiesAreInjected(t *testing.T) {
	loader := Loader{Strategies: []string{"maglev", "rendezvous"}}
	c, err := loader.Parse("test.hcl", []byte(inWeb("")))
	if err != nil || c.Services[0].Strategy != "maglev" || c.Defaults.Strategy != "maglev" {
		t.Errorf("the first is not the default: %v, error %v", c, err)
	}
	c, err = loader.Parse("test.hcl", []byte(inWeb(`strategy = "round_robin"`)))
	if f := refused(t, c, err); !strings.Contains(f[0].Detail, "Allowed: maglev, rendezvous.") {
		t.Errorf("got:\n%v", err)
	}
}

func TestFilesMerge(t *testing.T) {
	dir := folderOf(t, map[string]string{
		"b.hcl":        inEtcd("") + "log_level = \"warn\"\n",
		"a.hcl.json":   `{"//": "a comment", "service": {"db": {"backend": {"10.0.0.1:5432": {}}}}}`,
		"c.hcl":        "service \"web\" {\n source \"legacy\" {}\n}\n",
		".hidden.hcl":  "broken {",
		"notes.txt":    "broken {",
		"sub.hcl/x.md": "broken {",
		"sub/d.hcl":    "broken {",
	})
	more := folderOf(t, map[string]string{"any name": "api {\n socket = \"x\"\n}"})
	c, err := Load(dir, filepath.Join(more, "any name"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Services) != 2 || c.Services[0].Name != "db" || c.Services[1].Name != "web" || len(c.Providers) != 1 {
		t.Errorf("got %v", c)
	}
	if c.LogLevel != "warn" || c.API.Socket != "x" {
		t.Errorf("got %v", c)
	}
}

func TestSecondDefinitionInAnotherFile(t *testing.T) {
	first := "log_level = \"info\"\nhealth {}\n" + inEtcd("") + inWeb("")
	dir := folderOf(t, map[string]string{"a.hcl": first, "b.hcl": "\n" + first})
	c, err := Load(dir)
	var got []string
	for _, f := range refused(t, c, err) {
		got = append(got, f.Summary)
		if f.File != filepath.Join(dir, "b.hcl") || !strings.Contains(f.Detail, filepath.Join(dir, "a.hcl")+":") {
			t.Errorf("%q does not name both places:\n%v", f.Summary, f)
		}
	}
	want := []string{
		"log_level is defined a second time", "health is defined a second time",
		`provider "legacy" is defined a second time`, `service "web" is defined a second time`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSyntaxFaultsOfAllFiles(t *testing.T) {
	dir := folderOf(t, map[string]string{"a.hcl": "log_level = )", "b.hcl": "log_level = 5", "c.hcl.json": "{"})
	c, err := Load(dir)
	files := map[string]bool{}
	for _, f := range refused(t, c, err) {
		files[filepath.Base(f.File)] = true
	}
	if want := map[string]bool{"a.hcl": true, "c.hcl.json": true}; !reflect.DeepEqual(files, want) {
		t.Errorf("faults in %v, want %v:\n%v", files, want, err)
	}
}

func TestUnreadable(t *testing.T) {
	dir := folderOf(t, map[string]string{"sub/x": "", "links/readme.md": ""})
	if err := os.Symlink("nowhere", filepath.Join(dir, "links", "a.hcl")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, file, want string }{
		{"missing.hcl", "missing.hcl", "no such file"},
		{"sub", "sub", "holds no *.hcl or *.hcl.json file"},
		{"links", "links/a.hcl", "no such file"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			c, err := Load(filepath.Join(dir, tt.path))
			f := refused(t, c, err)
			if len(f) != 1 || f[0].File != filepath.Join(dir, tt.file) || !strings.Contains(f[0].Summary, tt.want) || f[0].Line != 0 {
				t.Errorf("got:\n%v", err)
			}
		})
	}
}

func TestFileTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.hcl")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxFileBytes+1); err != nil { // a hole: it takes no space on disk
		t.Fatal(err)
	}
	c, err := Load(path)
	if f := refused(t, c, err); !strings.Contains(f[0].Summary, "larger than 64 MB") {
		t.Errorf("got:\n%v", err)
	}
}
