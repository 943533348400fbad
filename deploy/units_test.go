//go:build linux

package deploy

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/remora-agent/remora/agent"
)

// analyze runs systemd's own judge. It needs no running systemd.
func analyze(t *testing.T, args ...string) (output string, err error) {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatal("systemd-analyze is missing: install the package systemd (as root, `make servers` does it on Debian)")
	}
	command := exec.Command(tool, args...)
	command.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=")
	out, err := command.CombinedOutput()
	return string(out), err
}

// settings reads a unit: values by "Section.Key".
func settings(t *testing.T, path string) map[string][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	found, section := make(map[string][]string), ""
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		if key, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			found[section+"."+key] = append(found[section+"."+key], value)
		}
	}
	return found
}

// TestTheServiceIsExposedLittle holds the unit to a level of 1.5, which the tool counts in tenths.
func TestTheServiceIsExposedLittle(t *testing.T) {
	out, err := analyze(t, "security", "--offline=yes", "--no-pager", "--threshold=15", "./remora.service")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if verdict := lines[len(lines)-1]; err != nil || !strings.Contains(verdict, "Overall exposure level") {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

// TestUnitsAreUnderstood lets systemd read the units; it has a word for every line that it ignores. What
// they start is not installed here, so another program stands in for it.
func TestUnitsAreUnderstood(t *testing.T) {
	folder := t.TempDir()
	var units []string
	for _, name := range []string{"remora.service", "remora.socket"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		installed := strings.ReplaceAll(string(text), "/usr/bin/remora", "/bin/true")
		units = append(units, filepath.Join(folder, name))
		if err := os.WriteFile(units[len(units)-1], []byte(installed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := analyze(t, append([]string{"verify", "--man=no"}, units...)...)
	for line := range strings.Lines(out) {
		if strings.Contains(line, folder) || strings.Contains(line, "remora.") {
			t.Errorf("systemd says: %s", line)
		}
	}
	if err != nil {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

// TestUnitsFitTheAgent compares what the units say with what the agent does when it is told nothing else.
func TestUnitsFitTheAgent(t *testing.T) {
	service, socket := settings(t, "remora.service"), settings(t, "remora.socket")
	config, err := agent.LoadConfig()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		unit  map[string][]string
		key   string
		value string
	}{
		{socket, "Socket.ListenStream", config.API.Socket},
		{service, "Service.ExecReload", "/usr/bin/remora reload -socket " + config.API.Socket},
		{service, "Service.ExecStart", "/usr/bin/remora agent -config /etc/remora"},
		{service, "Service.StateDirectory", "remora"}, // /var/lib/remora, as README.md has it
		{service, "Service.Restart", "always"},
		{service, "Service.Type", "notify"},
	} {
		if got := want.unit[want.key]; !slices.Equal(got, []string{want.value}) {
			t.Errorf("%s=%q, want %q", want.key, got, want.value)
		}
	}
	for key, why := range map[string]string{
		"Service.PrivateUsers":     "the agent decides by the users of its callers",
		"Service.PrivateNetwork":   "it watches catalogs and probes backends",
		"Service.IPAddressDeny":    "nobody but the operator knows where backends are",
		"Service.RuntimeDirectory": "the user would be given the socket, and its group would be lost",
	} {
		if got := service[key]; got != nil {
			t.Errorf("%s=%q: %s", key, got, why)
		}
	}
}

// TestSysusersAreUnderstood lets systemd read who is to be made.
func TestSysusersAreUnderstood(t *testing.T) {
	path, err := filepath.Abs("remora.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-sysusers", "--dry-run", path).CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-sysusers: %v\n%s", err, out)
	}
}
