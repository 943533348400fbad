package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// session is a subcommand that runs in this process until it is interrupted.
type session struct {
	output
	interrupt func() int // and waits for the exit code
}

// output is what a subcommand prints, line by line.
type output struct{ *bufio.Scanner }

// pipe returns what is written to a file. Its buffer keeps what nobody has read yet.
func pipe(t *testing.T) (output, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return output{bufio.NewScanner(r)}, w
}

func start(t *testing.T, args ...string) *session {
	t.Helper()
	return startWith(t, t.Output(), args...)
}

func startWith(t *testing.T, stderr io.Writer, args ...string) *session {
	t.Helper()
	out, w := pipe(t)
	signals := make(chan os.Signal, 1)
	code := make(chan int, 1)
	sys := signalled(signals)
	sys.stdout, sys.stderr, sys.now = w, stderr, time.Now
	sys.getenv = func(string) string { return "" }
	go func() {
		code <- run(context.Background(), sys, args)
		_ = w.Close()
	}()
	return &session{output: out, interrupt: func() int {
		signals <- os.Interrupt
		return <-code
	}}
}

// next returns the next line that contains text.
func (o output) next(t *testing.T, text string) string {
	t.Helper()
	for o.Scan() {
		if strings.Contains(o.Text(), text) {
			return o.Text()
		}
	}
	t.Fatalf("the output ended before %q came: %v", text, o.Err())
	return ""
}

// do runs a subcommand to its end, and returns what it printed.
func do(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	sys := signalled(nil)
	sys.stdout, sys.stderr, sys.now = &out, t.Output(), time.Now
	sys.getenv = func(string) string { return "" }
	if code := run(t.Context(), sys, args); code != exitDone {
		t.Fatalf("%q exits with %d", args, code)
	}
	return strings.TrimSpace(out.String())
}

// TestWatchFollows watches a real agent in every format while its service changes.
func TestWatchFollows(t *testing.T) {
	defer goleak.VerifyNone(t)
	socket := filepath.Join(shortDir(t), "r.sock")
	agent := start(t, "agent", "-dev", "-socket", socket)
	agent.next(t, "ready")

	table := start(t, "watch", "demo", "-socket", socket)
	text := start(t, "watch", "-socket", socket, "-format", "text")
	events := start(t, "watch", "demo", "-socket", socket, "-format", "json")
	table.next(t, "demo: round_robin, 3 of 3 healthy")
	if line := text.next(t, "demo"); len(strings.Fields(line)) != 4 {
		t.Errorf("got %q, want the service and three addresses", line)
	}
	events.next(t, `{"type":"snapshot","service":"demo",`)

	address := do(t, "select", "demo", "-socket", socket)
	do(t, "drain", "demo", address, "-socket", socket)
	table.next(t, "demo: ~ "+address+" draining")
	if line := text.next(t, "demo"); len(strings.Fields(line)) != 3 || strings.Contains(line, address) {
		t.Errorf("got %q, want two addresses without %s", line, address)
	}
	events.next(t, `"admin":"drain"`)

	do(t, "register", "web", "10.0.0.1:80", "-socket", socket)
	text.next(t, "web 10.0.0.1:80")
	do(t, "unregister", "web", "-socket", socket)
	text.next(t, "web")

	for i, s := range []*session{table, text, events, agent} { // the agent last: the others would miss it
		if code := s.interrupt(); code != exitDone {
			t.Errorf("session %d: exit code %d when interrupted, want 0", i, code)
		}
	}
}

// TestWatchTheUnknown: a watch of what nobody knows says that it waits, and sees it come.
func TestWatchTheUnknown(t *testing.T) {
	defer goleak.VerifyNone(t)
	socket := filepath.Join(shortDir(t), "r.sock")
	agent := start(t, "agent", "-dev", "-socket", socket)
	agent.next(t, "ready")
	errs, stderr := pipe(t)
	follower := startWith(t, stderr, "watch", "demo", "nope", "-socket", socket)
	if line := errs.next(t, "waiting"); line != "nope: not known yet, waiting" {
		t.Errorf("got %q about the unknown one", line)
	}
	follower.next(t, "demo")
	do(t, "register", "nope", "10.0.0.1:80", "-socket", socket)
	follower.next(t, "nope: round_robin, 1 of 1 healthy")
	for i, s := range []*session{follower, agent} {
		if code := s.interrupt(); code != exitDone {
			t.Errorf("session %d: exit code %d when interrupted, want 0", i, code)
		}
	}
	_ = stderr.Close()
	if errs.Scan() {
		t.Errorf("%q on standard error about known services", errs.Text())
	}
}

// TestWatchWithoutAgent: an agent that goes away is told from one who has seen enough.
func TestWatchWithoutAgent(t *testing.T) {
	socket := filepath.Join(shortDir(t), "r.sock")
	agent := start(t, "agent", "-dev", "-socket", socket)
	agent.next(t, "ready")
	follower := start(t, "watch", "-socket", socket)
	follower.next(t, "demo")
	if code := agent.interrupt(); code != exitDone {
		t.Errorf("the agent exits with %d", code)
	}
	for follower.Scan() { // until it ends by itself
	}
	if code := follower.interrupt(); code != exitUnreachable {
		t.Errorf("the watch exits with %d, want %d", code, exitUnreachable)
	}
}

// shortDir returns a folder whose paths are short enough for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "remora")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
