package socket

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestListenLooksFirst has a row for everything that can be at the path.
func TestListenLooksFirst(t *testing.T) {
	tests := []struct {
		name  string
		place func(t *testing.T, path string)
		want  string // in the error; empty: the agent starts
	}{
		{"nothing", func(*testing.T, string) {}, ""},
		{"stale socket", leaveStale, ""},
		{
			"live socket of another program",
			func(t *testing.T, path string) { listenRaw(t, path) },
			fmt.Sprintf("a process (pid %d) that does not hold the lock answers there: stop it", os.Getpid()),
		},
		{
			"live socket of another type",
			func(t *testing.T, path string) {
				l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { l.Close() })
			},
			"may be in use",
		},
		{
			"live socket with a full backlog",
			func(t *testing.T, path string) { fillBacklog(t, path) },
			"in the way",
		},
		{
			"regular file",
			func(t *testing.T, path string) {
				if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			"a regular file is in the way: move it",
		},
		{
			"symlink to a stale socket",
			func(t *testing.T, path string) {
				leaveStale(t, path+".target")
				if err := os.Symlink(path+".target", path); err != nil {
					t.Fatal(err)
				}
			},
			"a symlink is in the way",
		},
		{
			"symlink to nothing",
			func(t *testing.T, path string) {
				if err := os.Symlink(path+".nothing", path); err != nil {
					t.Fatal(err)
				}
			},
			"a symlink is in the way",
		},
		{
			"folder",
			func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
			},
			"a folder is in the way",
		},
		{
			"named pipe",
			func(t *testing.T, path string) {
				if err := unix.Mkfifo(path, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			"a named pipe is in the way",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t)
			path := filepath.Join(dir, "remora.sock")
			test.place(t, path)
			if test.want == "" {
				checkServed(t, mustListen(t, Options{Path: path}), path)
				if got := names(t, dir); !slices.Equal(got, []string{"remora.sock", "remora.sock.lock"}) {
					t.Errorf("the folder holds %v", got)
				}
				return
			}
			checkRefused(t, Options{Path: path}, test.want)
		})
	}
}

// checkRefused fails unless Listen gives an error with want in it and leaves what is at the path.
func checkRefused(t *testing.T, o Options, want string) {
	t.Helper()
	before, _ := os.Lstat(o.Path)
	l, err := Listen(o)
	if err == nil {
		l.Close()
		t.Fatalf("Listen succeeded, want an error with %q", want)
	}
	for _, part := range []string{want, fmt.Sprintf("listen on socket %q: ", o.Path)} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error is %q, want %q in it", err, part)
		}
	}
	after, _ := os.Lstat(o.Path)
	if (before == nil) != (after == nil) || before != nil &&
		(!os.SameFile(before, after) || before.Mode() != after.Mode() || before.ModTime() != after.ModTime()) {
		t.Errorf("the path was touched: it was %v and is %v", before, after)
	}
}

// fillBacklog leaves a listener at path to which a further connection has to wait.
func fillBacklog(t *testing.T, path string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
}

func TestSecondAgentNamesTheFirst(t *testing.T) {
	path := filepath.Join(folder(t), "remora.sock")
	first := start(t, "agent", "022", path, 0)
	want := fmt.Sprintf("another agent (pid %d) is running", first.Process.Pid)
	checkRefused(t, Options{Path: path}, want)
	first.stop(t)
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the first agent left its socket behind: %v", err)
	}
	checkServed(t, mustListen(t, Options{Path: path}), path)
}

func TestRestartAfterSIGKILL(t *testing.T) {
	path := filepath.Join(folder(t), "remora.sock")
	start(t, "agent", "022", path, 0).kill()
	if _, err := os.Lstat(path); err != nil {
		t.Fatalf("the killed agent should have left a stale socket: %v", err)
	}
	checkServed(t, mustListen(t, Options{Path: path}), path)
}

// TestRace has two agents start at once on the same path: one gets it, each time.
func TestRace(t *testing.T) {
	path := filepath.Join(folder(t), "remora.sock")
	for round := range 50 {
		if round%2 == 1 {
			leaveStale(t, path) // the previous round removed its socket
		}
		winner := race(t, path)
		checkServed(t, winner, path)
		if err := winner.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func race(t *testing.T, path string) *Listener {
	t.Helper()
	var listeners [2]*Listener
	var errs [2]error
	gate := make(chan struct{})
	var racers sync.WaitGroup
	for i := range listeners {
		racers.Go(func() {
			<-gate
			listeners[i], errs[i] = Listen(Options{Path: path})
		})
	}
	close(gate)
	racers.Wait()
	winner := slices.IndexFunc(errs[:], func(err error) bool { return err == nil })
	if winner < 0 {
		t.Fatalf("nobody won: %v", errs)
	}
	if lost := errs[1-winner]; lost == nil || !strings.Contains(lost.Error(), "another agent") {
		t.Fatalf("the loser got %v, want that another agent is running", lost)
	}
	return listeners[winner]
}

func TestCloseLeavesAnothersSocket(t *testing.T) {
	path := filepath.Join(folder(t), "remora.sock")
	l := mustListen(t, Options{Path: path})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	other := listenRaw(t, path)
	if err := l.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	checkServed(t, other, path)
}

func TestClose(t *testing.T) {
	path := filepath.Join(folder(t), "remora.sock")
	l := mustListen(t, Options{Path: path})
	if got := l.Addr().String(); got != path {
		t.Errorf("Addr() = %q, want %q", got, path)
	}
	accepted := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		accepted <- err
	}()
	for range 2 {
		if err := l.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	if err := <-accepted; err == nil || !strings.Contains(err.Error(), net.ErrClosed.Error()) {
		t.Errorf("Accept = %v, want %v", err, net.ErrClosed)
	}
	if lock, err := os.ReadFile(path + ".lock"); err != nil || len(lock) != 0 {
		t.Errorf("the lock file has %q, %v; want it empty", lock, err)
	}
}
