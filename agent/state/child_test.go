package state

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

const childEnv = "REMORA_STATE_TEST"

// children are what this test binary does as a process of its own, because a limit and a uid belong to a
// whole process. Each gets the path of a data_dir.
var children = map[string]func(path string) error{
	"full":     writeUntilFull,
	"readonly": writeNothing,
}

func runChild() bool {
	job, path, ok := strings.Cut(os.Getenv(childEnv), " ")
	if !ok {
		return false
	}
	if err := children[job](path); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	return true
}

func playChild(t *testing.T, job, path string, uid uint32) {
	t.Helper()
	exe := "/proc/self/exe" // which can be run even where its folder is closed to the child's uid
	if _, err := os.Stat(exe); err != nil {
		exe = os.Args[0]
	}
	child := exec.CommandContext(t.Context(), exe)
	child.Env = append(os.Environ(), childEnv+"="+job+" "+path)
	child.Dir = "/"
	if uid != 0 {
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", job, err, out)
	}
}

// writeUntilFull has files of 4 KiB at most, which is what a full disk looks like to a write.
func writeUntilFull(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	f, err := Open(path)
	if err != nil {
		return err
	}
	if err := f.save(full()); err != nil {
		return fmt.Errorf("what fits: %w", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
		return err
	}
	large := full()
	for i := range 1000 {
		large.Services = append(large.Services, Service{Name: fmt.Sprintf("service-%d", i), Drained: []string{"a:1"}})
	}
	if err := f.save(large); err == nil {
		return fmt.Errorf("a file could grow past its limit")
	}
	if r := f.Load(time.Now()); !r.Found || !same(r.State, full()) {
		return fmt.Errorf("after the disk was full: %+v", r)
	}
	if _, err := f.root.Lstat(newFile); !os.IsNotExist(err) {
		return fmt.Errorf("the piece that fitted is still there: %w", err)
	}
	return f.Close()
}

// writeNothing opens a folder that can only be read.
func writeNothing(path string) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	if r := f.Load(time.Now()); !r.Found {
		return fmt.Errorf("what is there can't be read: %+v", r)
	}
	if err := f.save(full()); err == nil {
		return fmt.Errorf("a folder that can only be read was written to")
	}
	return f.Close()
}

func TestFullDisk(t *testing.T) {
	playChild(t, "full", t.TempDir()+"/data", 0)
}

func TestReadOnlyFolder(t *testing.T) {
	f, path := openNew(t)
	if err := f.save(full()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var uid uint32
	if os.Geteuid() == 0 { // whom no mode keeps from writing
		uid = 65534
		openWay(t, path)
		for _, name := range []string{path, path + "/" + stateFile} {
			if err := os.Chown(name, int(uid), int(uid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(path, 0o500); err != nil {
		t.Fatal(err)
	}
	playChild(t, "readonly", path, uid)
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

// openWay lets everybody pass through the test's own folders.
func openWay(t *testing.T, path string) {
	t.Helper()
	for dir := path; strings.HasPrefix(dir, os.TempDir()+"/"); {
		dir = dir[:strings.LastIndexByte(dir, '/')]
		if strings.HasPrefix(dir, os.TempDir()+"/") {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}
