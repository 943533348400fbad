package peer

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// connectEnv makes the test binary a client: it connects to the path, and ends when the peer does.
const connectEnv = "REMORA_PEER_TEST_CONNECT"

func TestMain(m *testing.M) {
	if path := os.Getenv(connectEnv); path != "" {
		os.Exit(connect(path))
	}
	goleak.VerifyTestMain(m)
}

func connect(path string) int {
	conn, err := net.Dial("unix", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	conn.Read(make([]byte, 1))
	return 0
}

// selfExe is the running binary by a name that works even where its folder is closed to the child.
func selfExe(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		return "/proc/self/exe"
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// openDir returns a short-named folder that every user may search and write, for children under
// another uid and for paths that must fit a socket address.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func listen(t *testing.T) *net.UnixListener {
	t.Helper()
	path := filepath.Join(openDir(t), "s")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	ln.SetDeadline(time.Now().Add(time.Minute)) // a child that fails must not hang the test
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	return ln
}

// TestOfAnotherProcess has a child connect: under another uid and gid when the test runs as root,
// else under its own. The pid is the child's either way.
func TestOfAnotherProcess(t *testing.T) {
	ln := listen(t)
	child := exec.Command(selfExe(t))
	child.Env = append(os.Environ(), connectEnv+"="+ln.Addr().String())
	child.Stderr = os.Stderr
	want := Credentials{UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	if os.Geteuid() == 0 {
		want = Credentials{UID: 12345, GID: 23456}
		child.SysProcAttr = &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: want.UID, Gid: want.GID},
		}
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	want.PID = int32(child.Process.Pid)

	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Of(conn)
	conn.Close()
	if err != nil || got != want {
		t.Errorf("Of(conn) = %+v, %v; want %+v", got, err, want)
	}
	if err := child.Wait(); err != nil {
		t.Errorf("child: %v", err)
	}
}

// wrapper is what a server puts around a connection: it keeps SyscallConn by embedding.
type wrapper struct{ *net.UnixConn }

// plain hides everything but net.Conn.
type plain struct{ net.Conn }

func TestOfKindsOfConnections(t *testing.T) {
	unixConn := accepted(t, listen(t))
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	closed := accepted(t, listen(t))
	closed.Close()

	tests := []struct {
		name string
		conn net.Conn
		want string // in the error; empty: this process's credentials
	}{
		{"unix", unixConn, ""},
		{"wrapped with SyscallConn", wrapper{unixConn.(*net.UnixConn)}, ""},
		{"wrapped without", plain{unixConn}, "peer.plain has no SyscallConn method"},
		{"tcp", accepted(t, tcp), "read peer credentials"},
		{"closed", closed, "use of closed network connection"},
	}
	self := Credentials{UID: uint32(os.Geteuid()), GID: uint32(os.Getegid()), PID: int32(os.Getpid())}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Of(test.conn)
			if test.want == "" {
				if err != nil || got != self {
					t.Errorf("Of = %+v, %v; want %+v", got, err, self)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || got != (Credentials{}) {
				t.Errorf("Of = %+v, %v; want no credentials and an error with %q", got, err, test.want)
			}
		})
	}
}

// accepted dials ln from this process and returns the server's end.
func accepted(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	client, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}
