package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func openNew(t *testing.T) (*Folder, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, path
}

func (f *Folder) save(s State) error {
	_, err := f.write(s.Meta, s.gather)
	return err
}

func names(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestFolderIsMadeForItsOwnerOnly(t *testing.T) {
	f, path := openNew(t)
	if err := f.save(full()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": fs.ModeDir | 0o700, stateFile: 0o600} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil || info.Mode() != want {
			t.Errorf("%q has mode %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	if got := names(t, path); !slices.Equal(got, []string{stateFile}) {
		t.Errorf("the folder holds %q, want the state alone", got)
	}
}

func TestLoadFindsWhatWasWritten(t *testing.T) {
	f, _ := openNew(t)
	if r := f.Load(time.Now()); r.Found || r.Fault != nil {
		t.Fatalf("an empty folder gives %+v", r)
	}
	for _, s := range []State{full(), {Meta: Meta{At: time.Unix(7, 0)}}} {
		if err := f.save(s); err != nil {
			t.Fatal(err)
		}
		if r := f.Load(time.Now()); !r.Found || r.Fault != nil || !same(r.State, s) || r.Bytes == 0 {
			t.Errorf("read %+v, want %+v", r, s)
		}
	}
}

func TestOneAgentAtATime(t *testing.T) {
	f, path := openNew(t)
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "another agent uses it") {
		t.Errorf("a second agent got %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Open(path)
	if err != nil {
		t.Fatalf("the first one has ended: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestRefusedFolders(t *testing.T) {
	at := t.TempDir()
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	check("make a folder", os.Mkdir(filepath.Join(at, "real"), 0o700))
	check("link", os.Symlink("real", filepath.Join(at, "link")))
	check("make a file", os.WriteFile(filepath.Join(at, "file"), nil, 0o600))
	check("make a folder", os.Mkdir(filepath.Join(at, "open"), 0o700))
	check("open it", os.Chmod(filepath.Join(at, "open"), 0o777))
	for name, want := range map[string]string{
		"link":     "it is a symlink",
		"file":     "it is no folder",
		"open":     "everybody may write to it",
		"none/sub": "one level is made, not more",
	} {
		f, err := Open(filepath.Join(at, name))
		if err == nil {
			_ = f.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: the error is %v, want it to say %q", name, err, want)
		}
	}
	if got := names(t, filepath.Join(at, "real")); len(got) > 0 {
		t.Errorf("the folder behind the link holds %q", got)
	}
	if err := checkFolder(ownedBy(t, at), os.Geteuid()+1); err == nil || !strings.Contains(err.Error(), "belongs to uid") {
		t.Errorf("somebody else's folder: %v", err)
	}
}

func ownedBy(t *testing.T, path string) fs.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestBadFilesAreSetAsideAndThreeKept(t *testing.T) {
	f, path := openNew(t)
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	var made []string
	for i := range 5 {
		put(t, path, stateFile, fmt.Appendf(nil, "bad file %d, and long enough for a header", i))
		r := f.Load(now.Add(time.Duration(i) * time.Minute))
		if r.Found || !errors.Is(r.Fault, errNoState) || !strings.HasPrefix(r.Aside, "state.corrupt-20260102T030") {
			t.Fatalf("a bad file gave %+v", r)
		}
		made = append(made, r.Aside)
	}
	if got := names(t, path); !slices.Equal(got, made[2:]) {
		t.Errorf("the folder holds %q, want %q", got, made[2:])
	}
	put(t, path, stateFile, nil)
	if r := f.Load(now.Add(-time.Hour)); r.Aside == "" || !slices.Contains(names(t, path), r.Aside) {
		t.Errorf("with a clock that was set back: %+v", r)
	}
	if got := names(t, path); len(got) != keptAside {
		t.Errorf("%d are kept, want %d", len(got), keptAside)
	}
	if err := f.save(full()); err != nil {
		t.Errorf("writing goes on: %v", err)
	}
}

// TestStrangeThingsInPlaceOfTheFile finds what is no file where the file should be.
func TestStrangeThingsInPlaceOfTheFile(t *testing.T) {
	f, path := openNew(t)
	secret := filepath.Join(t.TempDir(), "secret")
	put(t, filepath.Dir(secret), "secret", []byte("secret"))
	for name, make := range map[string]func(string) error{
		"symlink": func(p string) error { return os.Symlink(secret, p) },
		"folder":  func(p string) error { return os.Mkdir(p, 0o700) },
	} {
		if err := make(filepath.Join(path, stateFile)); err != nil {
			t.Fatal(err)
		}
		r := f.Load(time.Now())
		if r.Fault == nil || r.Aside == "" || !strings.Contains(r.Fault.Error(), "no regular file") {
			t.Errorf("%s: %+v", name, r)
		}
		if err := f.save(full()); err != nil {
			t.Errorf("writing after a %s: %v", name, err)
		}
		if err := os.Remove(filepath.Join(path, stateFile)); err != nil {
			t.Error(err)
		}
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("the target of the symlink is %q, %v now", b, err)
	}
}

// TestFailedWritesLeaveTheOldFile lets each step fail that can be made to.
func TestFailedWritesLeaveTheOldFile(t *testing.T) {
	f, path := openNew(t)
	if err := f.save(full()); err != nil {
		t.Fatal(err)
	}
	blocked := filepath.Join(path, newFile)
	if err := os.MkdirAll(filepath.Join(blocked, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.save(State{Meta: Meta{At: time.Now()}}); err == nil {
		t.Error("the temporary file could be made over a folder")
	}
	if r := f.Load(time.Now()); !r.Found || !same(r.State, full()) {
		t.Errorf("after a failed write: %+v", r)
	}
	if err := os.RemoveAll(blocked); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(path, stateFile), filepath.Join(path, "away")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, stateFile, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.save(full()); err == nil {
		t.Error("a file was renamed over a folder")
	}
	if got := names(t, path); !slices.Equal(got, []string{"away", stateFile}) {
		t.Errorf("after a rename that failed the folder holds %q", got)
	}
}

// TestAnAbandonedTemporaryFileIsReplaced is what a crash in the middle of a write leaves, or an attacker.
func TestAnAbandonedTemporaryFileIsReplaced(t *testing.T) {
	f, path := openNew(t)
	victim := filepath.Join(t.TempDir(), "victim")
	put(t, filepath.Dir(victim), "victim", []byte("victim"))
	if err := os.Symlink(victim, filepath.Join(path, newFile)); err != nil {
		t.Fatal(err)
	}
	if err := f.save(full()); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(victim); string(b) != "victim" {
		t.Errorf("the target of the symlink is %q now", b)
	}
	if r := f.Load(time.Now()); !r.Found {
		t.Errorf("after it: %+v", r)
	}
}
