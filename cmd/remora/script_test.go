package main

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/remora-agent/remora/client"
)

// hangGuard ends a script that waits for what does not come; no step takes nearly as long.
const hangGuard = 30 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"remora": main})
}

// TestScript runs the program as a person would, against real agents where one is needed.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else each run under -race ends with a second of sleep
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"ready":     ready,
			"connected": connected,
			"alone":     alone,
			"set":       set,
			"distinct":  distinct,
			"lines":     lines,
		},
	})
}

// exits CODE program args... runs the program, which must exit with the code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// ready SOCKET waits until the agent at the socket is ready.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, args[0], func(ctx context.Context, c *client.Client) bool { return c.Ready(ctx) == nil })
}

// connected SOCKET waits until somebody is connected to the agent at the socket.
func connected(ts *testscript.TestScript, _ bool, args []string) {
	others(ts, args[0], func(n int) bool { return n > 0 })
}

// alone SOCKET waits until nobody is: the agent sees a little later that a program has ended.
func alone(ts *testscript.TestScript, _ bool, args []string) {
	others(ts, args[0], func(n int) bool { return n == 0 })
}

func others(ts *testscript.TestScript, socket string, enough func(n int) bool) {
	await(ts, socket, func(ctx context.Context, c *client.Client) bool {
		info, err := c.Agent(ctx)
		return err == nil && enough(info.Connections-1)
	})
}

// clients are those of the scripts that run, by socket. A script keeps one, so that no connection of an
// earlier question is still counted when the next is asked.
var clients sync.Map

func clientOf(ts *testscript.TestScript, socket string) *client.Client {
	if c, ok := clients.Load(socket); ok {
		return c.(*client.Client)
	}
	c := client.New(socket)
	clients.Store(socket, c)
	ts.Defer(func() {
		clients.Delete(socket)
		c.Close()
	})
	return c
}

// await asks until the answer is yes. A process that is not there yet has no event to wait on.
func await(ts *testscript.TestScript, socket string, yes func(context.Context, *client.Client) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), hangGuard)
	defer cancel()
	c := clientOf(ts, ts.MkAbs(socket))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !yes(ctx, c) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("the agent at %s is not there after %v", socket, hangGuard)
		}
	}
}

// set NAME FILE sets a variable to the contents of a file, such as stdout, without white space around.
func set(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// distinct TEXT... holds that no two texts are the same, and none is empty.
func distinct(ts *testscript.TestScript, _ bool, args []string) {
	seen := map[string]bool{"": true}
	for _, arg := range args {
		if seen[arg] {
			ts.Fatalf("%q is empty or twice in %q", arg, args)
		}
		seen[arg] = true
	}
}

// lines FILE N holds that a file has N different lines.
func lines(ts *testscript.TestScript, _ bool, args []string) {
	seen := map[string]bool{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		seen[line] = true
	}
	if strconv.Itoa(len(seen)) != args[1] {
		ts.Fatalf("%d different lines, want %s", len(seen), args[1])
	}
}
