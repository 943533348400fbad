package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAgentSocket(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	inv := &invocation{system: system{sockets: []string{first, second}}}
	expect := func(when, want string) {
		t.Helper()
		if got := inv.agentSocket(); got != want {
			t.Errorf("%s: got %s, want %s", when, got, want)
		}
	}
	expect("nothing is there", first)
	touch(t, second)
	expect("the second is there", second)
	touch(t, first)
	expect("both are there", first)
	inv.socket = "named"
	expect("one is named", "named")
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.hcl"), filepath.Join(dir, "link.hcl")
	if err := os.WriteFile(target, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target.hcl", link); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(target)
	if err != nil || string(got) != "new" {
		t.Errorf("the target of the link holds %q, %v", got, err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v, want it kept", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v, want it kept", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v, want the two files", entries, err)
	}
	if err := replaceFile(filepath.Join(dir, "none.hcl"), nil); err == nil {
		t.Error("a file that is not there is replaced")
	}
}
