package socket

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// childEnv makes the test binary do one of these jobs: what can't be done in the test's process,
// because the umask and the uid belong to a whole process and because only a process can be killed.
const childEnv = "REMORA_SOCKET_TEST"

var jobs = map[string]func(path string) (io.Closer, error){
	"agent": func(path string) (io.Closer, error) { return Listen(Options{Path: path}) },
	"other": func(path string) (io.Closer, error) { return net.Listen("unix", path) }, // not an agent
}

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		if err := runJob(job); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// runJob takes "job umask path", says "ready" and goes on until its standard input ends.
func runJob(line string) error {
	job, rest, _ := strings.Cut(line, " ")
	umask, path, _ := strings.Cut(rest, " ")
	mask, err := strconv.ParseUint(umask, 8, 9)
	if err != nil {
		return err
	}
	syscall.Umask(int(mask))
	closer, err := jobs[job](path)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	return closer.Close()
}

// child is a running job.
type child struct {
	*exec.Cmd
	stdin io.Closer
}

// start runs a job until the test's end, under another uid unless that is 0, and waits until it is ready.
func start(t *testing.T, job, umask, path string, uid uint32) *child {
	t.Helper()
	// By this name the binary can be run even where its folder is closed to the child's uid.
	exe := "/proc/self/exe"
	if _, err := os.Stat(exe); err != nil {
		exe = os.Args[0]
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+job+" "+umask+" "+path)
	cmd.Stderr = os.Stderr
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd, stdin}
	t.Cleanup(c.kill)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	return c
}

// stop lets the child end as an agent does that is told to.
func (c *child) stop(t *testing.T) {
	t.Helper()
	c.stdin.Close()
	if err := c.Wait(); err != nil {
		t.Errorf("the child did not end well: %v", err)
	}
}

// kill ends the child as a crash does. After stop it does nothing.
func (c *child) kill() {
	c.Process.Kill()
	c.Wait()
}

// folder returns a fresh folder with a name so short that sockets in it never come near MaxPath.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "remora")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// mustListen returns an open listener that is closed at the test's end.
func mustListen(t *testing.T, o Options) *Listener {
	t.Helper()
	l, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// leaveStale leaves a socket at path that nobody listens on.
func leaveStale(t *testing.T, path string) {
	t.Helper()
	listenRaw(t, path).Close()
}

// listenRaw listens without a lock, as a program that is no agent would, and leaves its file behind.
func listenRaw(t *testing.T, path string) *net.UnixListener {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	t.Cleanup(func() { l.Close() })
	return l
}

// checkServed fails unless a connection to path arrives at l.
func checkServed(t *testing.T, l net.Listener, path string) {
	t.Helper()
	client, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, ok := server.(*net.UnixConn); !ok {
		t.Errorf("accepted a %T, want *net.UnixConn", server)
	}
}

// names returns what a folder holds.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
