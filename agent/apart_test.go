package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/supervisor"
	"github.com/remora-agent/remora/client"
)

// runAgent is a child that is an agent, with signals as the command has them.
func runAgent() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	hangups, reload := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			reload <- struct{}{}
		}
	}()
	if os.Getenv("LISTEN_FDS") != "" { // who starts a process can't know its pid before
		_ = os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	}
	environment, err := supervisor.FromEnvironment()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	err = Run(ctx, Options{
		Supervisor:  environment,
		ConfigPaths: []string{os.Getenv("REMORA_CONFIG")},
		Version:     "test",
		Reload:      reload,
		Stdout:      os.Stderr,
		Stderr:      os.Stderr,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startApart is start, with the agent in a process of its own, which can be measured, killed and made to
// print what it is doing. It has ended well when it stops on SIGTERM; with the race detector, that is
// without a race.
func startApart(t testing.TB, hcl string) *running {
	t.Helper()
	r := notStarted(t, hcl)
	r.launch()
	t.Cleanup(func() { r.end() })
	return r
}

// notStarted is an agent that is to run apart, before its launch.
func notStarted(t testing.TB, hcl string) *running {
	t.Helper()
	r := &running{t: t, folder: shortFolder(t), log: &logBuffer{}}
	r.socket = filepath.Join(r.folder, "r.sock")
	r.configure(hcl)
	r.Client = client.New(r.socket)
	return r
}

// launch starts the process of an agent that runs apart, for the first time or after its end, and
// returns once it answers.
func (r *running) launch() {
	r.t.Helper()
	child := exec.Command(os.Args[0])
	// The race detector would have it sleep for a second at its end, which is no part of a restart.
	child.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "REMORA_TEST_CHILD=agent", "REMORA_CONFIG="+r.configPath())
	child.Env, child.ExtraFiles = append(child.Env, r.environ...), r.files
	child.Stdout, child.Stderr = r.log, r.log
	child.SysProcAttr = endWithParent()
	if err := child.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	r.pid = child.Process.Pid
	r.stop = sync.OnceValue(func() error { return endProcess(child, ended) })
	r.signal = func(s os.Signal) { _ = child.Process.Signal(s) }
	r.awaitAnswer(ended)
}

func endProcess(child *exec.Cmd, ended <-chan error) error {
	_ = child.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		return err
	case <-time.After(guard):
		_ = child.Process.Kill()
		<-ended
		return errors.New("the agent does not stop")
	}
}

// awaitAnswer returns once the agent answers.
func (r *running) awaitAnswer(ended chan error) {
	r.t.Helper()
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	timeout := time.After(guard)
	for {
		if _, err := r.Agent(r.t.Context()); err == nil {
			return
		}
		select {
		case err := <-ended:
			ended <- err
			r.t.Fatalf("the agent ended before it answered: %v\n%s", err, bytes.TrimSpace([]byte(r.log.String())))
		case <-timeout:
			r.t.Fatalf("the agent does not answer:\n%s", r.log)
		case <-pace.C:
		}
	}
}
