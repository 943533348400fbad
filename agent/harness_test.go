package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/remora-agent/remora/agent/config"
	"github.com/remora-agent/remora/client"
	"github.com/remora-agent/remora/client/wire"
)

// TestMain is also the children that tests start: see children in leases_test.go.
func TestMain(m *testing.M) {
	if run, ok := children[os.Getenv("REMORA_TEST_CHILD")]; ok {
		run()
		return
	}
	goleak.VerifyTestMain(m)
}

// guard is how long anything may take before it counts as a hang.
const guard = time.Minute

// running is an agent in this process, as tests see it.
type running struct {
	*client.Client
	t      testing.TB
	agent  *Agent
	folder string // of the socket and the configuration
	socket string
	log    *logBuffer
	stop   func() error // ends the agent and returns what Run returned
	reload chan struct{}
	clock  func() time.Time // nil: the real one

	// Of an agent that runs apart; else the process is that of the test.
	pid     int
	signal  func(os.Signal)
	environ []string   // more of it
	files   []*os.File // from descriptor 3 on
}

// logBuffer collects the log and lets tests read it while the agent writes.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// shortFolder is a folder whose path leaves room for the name of a socket.
func shortFolder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "remora")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// start runs an agent with that configuration; SOCKET in it stands for the path of its socket, and
// FOLDER for the folder that it is in.
func start(t testing.TB, hcl string) *running {
	t.Helper()
	return startIn(t, shortFolder(t), hcl)
}

// startIn is start in a folder where an agent may have been before.
func startIn(t testing.TB, folder, hcl string) *running {
	t.Helper()
	return startAt(t, folder, hcl, nil)
}

// startAt is startIn with another wall clock.
func startAt(t testing.TB, folder, hcl string, clock func() time.Time) *running {
	t.Helper()
	r := &running{t: t, folder: folder, log: &logBuffer{}, reload: make(chan struct{}), clock: clock}
	r.socket = filepath.Join(r.folder, "r.sock")
	r.configure(hcl)
	ctx, cancel := context.WithCancel(context.Background())
	a, err := New(ctx, r.options())
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	r.agent = a
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(guard):
			return errors.New("the agent does not stop")
		}
	})
	r.Client = client.New(r.socket)
	t.Cleanup(r.end)
	return r
}

func (r *running) options() Options {
	return Options{
		ConfigPaths: []string{r.configPath()},
		Version:     "test",
		Stderr:      r.log,
		Stdout:      r.log,
		Reload:      r.reload,
		clock:       r.clock,
	}
}

func (r *running) configPath() string { return filepath.Join(r.folder, "remora.hcl") }

// configure writes the configuration that the next start or reload reads.
func (r *running) configure(hcl string) {
	r.t.Helper()
	hcl = strings.NewReplacer("SOCKET", r.socket, "FOLDER", r.folder).Replace(hcl)
	if !strings.Contains(hcl, "api {") {
		hcl = fmt.Sprintf("api {\n  socket = %q\n}\n", r.socket) + hcl
	}
	if err := os.WriteFile(r.configPath(), []byte(hcl), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) end() {
	r.Close()
	if err := r.stop(); err != nil {
		r.t.Errorf("agent: %v", err)
	}
	if r.t.Failed() {
		r.t.Logf("log of the agent:\n%s", r.log)
	}
}

// ctx ends with the test, or when something hangs.
func (r *running) ctx() context.Context {
	ctx, cancel := context.WithTimeout(r.t.Context(), guard)
	r.t.Cleanup(cancel)
	return ctx
}

// check ends the test on an error.
func (r *running) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// until waits for a change of the service after which ok holds, and returns it.
func (r *running) until(service, what string, ok func(wire.Group) bool) wire.Group {
	r.t.Helper()
	ctx, index := r.ctx(), uint64(0)
	for {
		group, err := r.GroupAfter(ctx, service, index, 10*time.Second)
		if code(err) == wire.CodeUnknownService { // not yet
			r.pause(ctx)
			continue
		}
		if err != nil {
			r.t.Fatalf("wait until %s: %v", what, err)
		}
		if ok(group) {
			return group
		}
		index = group.Index
	}
}

// pause waits a little before asking again for what can't be waited for.
func (r *running) pause(ctx context.Context) {
	r.t.Helper()
	timer := time.NewTimer(5 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		r.t.Fatal("the agent does not know what it should by now")
	}
}

// backend finds a backend in a group.
func backend(group wire.Group, address string) wire.Backend {
	for _, b := range group.Backends {
		if b.Address == address {
			return b
		}
	}
	return wire.Backend{}
}

// code is the code of the problem that an error is; empty for others.
func code(err error) wire.Code {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

// listenTCP is a backend that accepts connections, until closed.
func listenTCP(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return l
}

// faultsOf is the faults that an error is.
func faultsOf(err error) config.Faults {
	var faults config.Faults
	errors.As(err, &faults)
	return faults
}
