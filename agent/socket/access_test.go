package socket

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestModeIsExactWhateverTheUmask(t *testing.T) {
	for _, umask := range []string{"000", "022", "077", "777"} {
		t.Run(umask, func(t *testing.T) {
			dir := folder(t)
			path := filepath.Join(dir, "run", "remora.sock") // run is made by the agent
			c := start(t, "agent", umask, path, 0)
			for path, want := range map[string]fs.FileMode{
				filepath.Dir(path): fs.ModeDir | 0o755,
				path:               fs.ModeSocket | DefaultMode,
			} {
				if got := modeOf(t, path); got != want {
					t.Errorf("%s has mode %v, want %v", path, got, want)
				}
			}
			if got := modeOf(t, path+".lock"); got&^0o600 != 0 {
				t.Errorf("the lock file has mode %v, want nobody else to open it", got)
			}
			c.stop(t)
		})
	}
}

func TestModes(t *testing.T) {
	for _, mode := range []fs.FileMode{0o600, 0o660, 0o666, 0o777, 0o222} {
		path := filepath.Join(folder(t), "s")
		mustListen(t, Options{Path: path, Mode: mode})
		if got := modeOf(t, path); got != fs.ModeSocket|mode {
			t.Errorf("with mode %v the socket has %v", mode, got)
		}
	}
	checkRefused(t, Options{Path: filepath.Join(folder(t), "s"), Mode: fs.ModeSetgid | 0o660}, "permission bits")
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// TestNeverOpenWider looks at the folder all the while that agents with umask 0 come and go in it.
func TestNeverOpenWider(t *testing.T) {
	dir := folder(t)
	old := syscall.Umask(0) // no other test of this package runs meanwhile
	defer syscall.Umask(old)
	done := make(chan struct{})
	var observer sync.WaitGroup
	observer.Go(func() {
		for {
			checkNothingWide(t, dir)
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for range 100 {
		if err := mustListen(t, Options{Path: filepath.Join(dir, "s"), Mode: 0o600}).Close(); err != nil {
			t.Error(err)
		}
	}
	close(done)
	observer.Wait()
}

func checkNothingWide(t *testing.T, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Error(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 { // an error: it is gone already
			t.Errorf("%s was open to others: %v", e.Name(), info.Mode())
		}
	}
}

func TestGroup(t *testing.T) {
	gid := os.Getegid()
	if os.Geteuid() == 0 {
		gid = 23456
	}
	path := filepath.Join(folder(t), "s")
	mustListen(t, Options{Path: path, Group: strconv.Itoa(gid)})
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := int(info.Sys().(*syscall.Stat_t).Gid); got != gid {
		t.Errorf("the socket has gid %d, want %d", got, gid)
	}
	for _, group := range []string{"no-such-group-here", "-1", "4294967295"} {
		checkRefused(t, Options{Path: filepath.Join(folder(t), "s"), Group: group},
			fmt.Sprintf("group %q is not known on this host", group))
	}
}

// TestAnotherUsersSocket: neither a live nor a stale one is ours to take. As root a child under
// another uid makes them; else the test pretends to be somebody else, looking at real sockets.
func TestAnotherUsersSocket(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "s")
	want := fmt.Sprintf("a socket of uid %d is in the way", os.Geteuid())
	for _, live := range []bool{true, false} {
		if live {
			listenRaw(t, path)
		} else {
			os.Remove(path)
			leaveStale(t, path)
		}
		stale, err := inspect(path, os.Geteuid()+1)
		if stale || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("inspect as another uid = %v, %v; want %q", stale, err, want)
		}
	}
	if os.Geteuid() == 0 {
		checkRootRefuses(t)
	}
}

func checkRootRefuses(t *testing.T) {
	dir := folder(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	const uid = 12345
	c := start(t, "other", "022", path, uid)
	checkRefused(t, Options{Path: path}, "a socket of uid 12345 is in the way and this agent runs as uid 0")
	c.kill()
	checkRefused(t, Options{Path: path}, "a socket of uid 12345 is in the way and this agent runs as uid 0")
}

func TestLockFileOfAnotherUser(t *testing.T) {
	path := filepath.Join(folder(t), "s.lock")
	lock, err := takeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer releaseLock(lock)
	info, err := lock.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkLockFile(info, os.Geteuid()); err != nil {
		t.Errorf("our own lock file: %v", err)
	}
	if err := checkLockFile(info, os.Geteuid()+1); err == nil {
		t.Error("somebody else's lock file was accepted")
	}
}

func TestLockFileIsNoFile(t *testing.T) {
	path := filepath.Join(folder(t), "s")
	target := path + ".target"
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path+".lock"); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, Options{Path: path}, "open lock file")
	if got, err := os.ReadFile(target); string(got) != "precious" {
		t.Errorf("the symlink's target has %q, %v", got, err)
	}
}
