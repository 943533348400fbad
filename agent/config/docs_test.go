package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	top           = "../.."
	referenceFile = top + "/config.hcl"
)

// commentedOut finds a setting that is commented out: it stands right behind its #, or two spaces
// further. An explanation has one space there.
var commentedOut = regexp.MustCompile(`(?m)^(\s*)#(  |[^ #\n]|$)`)

func readReference(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// The reference runs on any machine: as it is, it refers to no file, user, group or variable.
func TestReferenceRunsAsItIs(t *testing.T) {
	loader := Loader{
		LookupEnv:   func(string) (string, bool) { return "", false },
		LookupGroup: func(name string) error { return fmt.Errorf("no group %s", name) },
	}
	c, err := loader.Load(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if c.API.Socket != "./remora.sock" || c.DataDir != "" || len(c.Providers) != 0 || len(c.Services) == 0 {
		t.Errorf("it needs more than the machine has: %v", c)
	}
	for _, s := range c.Services {
		for _, b := range s.Backends {
			if !strings.HasPrefix(b.Address, "127.0.0.1:") && !strings.HasPrefix(b.Address, "[::1]:") {
				t.Errorf("service %q has backend %s, which is not on this machine", s.Name, b.Address)
			}
		}
		if s.HealthCheck == nil || s.HealthCheck.HealthyThreshold != 2 || s.HealthCheck.UnhealthyThreshold != 3 {
			t.Errorf("service %q has check %+v, want thresholds 2 and 3", s.Name, s.HealthCheck)
		}
	}
}

// What is commented out works when the # is taken away, and together nothing is left out.
func TestReferenceInFull(t *testing.T) {
	src := commentedOut.ReplaceAllString(readReference(t), "$1$2")
	c := valid(t, src)
	if len(c.Providers) != 2 || len(c.Services) != 3 || c.Locality.Zone == "" || c.API.AdminSocket == "" {
		t.Errorf("less than everything is there: %v", c)
	}
	for _, name := range usableNames() {
		if !regexp.MustCompile(`(?m)^\s*` + name + `\s*(=|\{|")`).MatchString(src) {
			t.Errorf("%s is not in the reference", name)
		}
	}
	for name, text := range map[string]string{"as it is": readReference(t), "in full": src} {
		if laidOut, err := Format("config.hcl", []byte(text)); err != nil || string(laidOut) != text {
			t.Errorf("the reference %s is not laid out as Format would: error %v", name, err)
		}
	}
}

// usableNames is every setting and block but password and token, which exclude the files that the
// reference shows.
func usableNames() []string {
	names := []string{}
	for _, nested := range [][]string{blockTypes(rootBlocks), blockTypes(providerBlocks), blockTypes(defaultsBlocks), blockTypes(serviceBlocks)} {
		names = append(names, nested...)
	}
	for _, r := range allRows() {
		if r.name != "password" && r.name != "token" {
			names = append(names, r.name)
		}
	}
	return names
}

// What the documents show as HCL is a whole configuration that the agent takes.
func TestDocuments(t *testing.T) {
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range hclBlocks(string(text)) {
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(path), b.line), func(t *testing.T) {
				if _, err := anywhere.Parse(path, []byte(strings.Repeat("\n", b.line)+b.text)); err != nil {
					t.Errorf("refused:\n%v", err)
				}
			})
		}
	}
}

// documents gives the README files of the folders and all that is under docs.
func documents(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != top && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "bin"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".md"):
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// block is a fenced block of a document: its text, and the line on which its fence stands.
type block struct {
	line int
	text string
}

// hclBlocks gives the blocks of a Markdown text that are fenced and marked as hcl.
func hclBlocks(markdown string) []block {
	var blocks []block
	var open *block
	for i, line := range strings.SplitAfter(markdown, "\n") {
		fence := strings.TrimSpace(line)
		switch {
		case open == nil && fence == "```hcl":
			open = &block{line: i + 1}
		case open != nil && fence == "```":
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		blocks = append(blocks, *open)
	}
	return blocks
}

func TestHCLBlocks(t *testing.T) {
	text := "a\n```hcl\nx = 1\n\ny = 2\n```\n```\nz\n```\n  ```hcl\n  b\n  ```\n```hcl\nunclosed"
	want := []block{{2, "x = 1\n\ny = 2\n"}, {10, "  b\n"}, {13, "unclosed"}}
	if got := hclBlocks(text); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
