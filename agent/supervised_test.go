package agent

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/supervisor"
)

// supervisedBy makes the agent tell a socket of the test how it is doing, and gives what it says.
func supervisedBy(t *testing.T, r *running, watchdog string) (next func() string) {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(r.folder, "notify"), Net: "unixgram"})
	r.check(err)
	t.Cleanup(func() { _ = c.Close() })
	r.check(c.SetReadDeadline(time.Now().Add(guard)))
	r.environ = []string{"NOTIFY_SOCKET=" + c.LocalAddr().String(), "WATCHDOG_USEC=" + watchdog}
	return func() string {
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("the agent says nothing more: %v\n%s", err, r.log)
		}
		return string(buf[:n])
	}
}

// TestASupervisorIsTold goes through the life of an agent whose catalog can't be reached: it is ready all
// the same.
func TestASupervisorIsTold(t *testing.T) {
	r := notStarted(t, twoServices+"provider \"etcd\" \"gone\" {\n  endpoints = [\"http://127.0.0.1:1\"]\n  prefix = \"/s/\"\n}\n"+
		"service \"far\" {\n  source \"gone\" {}\n}\n")
	next := supervisedBy(t, r, "0")
	r.environ = r.environ[:1]
	r.launch()
	t.Cleanup(r.end)
	want := func(lines ...string) {
		t.Helper()
		got := strings.Split(next(), "\n")
		got = slices.DeleteFunc(got, func(line string) bool { return strings.HasPrefix(line, "MONOTONIC_USEC=") })
		for i, line := range lines {
			if i >= len(got) || !strings.HasPrefix(got[i], line) {
				t.Errorf("the agent says %q, want %q", got, lines)
				return
			}
		}
	}
	want("READY=1", "STATUS=serving 2 services, 1 more without data")
	_, err := r.Reload(r.ctx())
	r.check(err)
	want("RELOADING=1")
	want("READY=1", "STATUS=serving 2 services")
	r.configure("nonsense = 1\n")
	_, _ = r.Reload(r.ctx())
	want("RELOADING=1")
	want("READY=1", "STATUS=reload refused: the configuration has 1 fault(s); nothing was changed")
	r.check(r.stop())
	want("STOPPING=1")
}

// TestTheWatchdogHearsOfWork: a real agent with a real watchdog goes on pinging, and stops when it is
// frozen.
func TestTheWatchdogHearsOfWork(t *testing.T) {
	r := notStarted(t, twoServices)
	next := supervisedBy(t, r, "900000")
	r.launch()
	t.Cleanup(r.end)
	for pings := 0; pings < 3; {
		if strings.HasPrefix(next(), "WATCHDOG=1") {
			pings++
		}
	}
}

// TestWorkIsProvedBeforeThePing has a row for each part of the agent that can hang, each of which must
// keep the watchdog from hearing anything.
func TestWorkIsProvedBeforeThePing(t *testing.T) {
	for name, hang := range map[string]func(*Agent) (release func()){
		"nothing": nil,
		"groups": func(a *Agent) func() {
			a.groups.mu.Lock()
			return a.groups.mu.Unlock
		},
		"socket": func(a *Agent) func() {
			c := *a.config.Load()
			silent, err := net.Listen("unix", c.API.Socket+".silent") // accepts and never answers
			if err != nil {
				panic(err)
			}
			c.API.Socket += ".silent"
			a.config.Store(&c)
			return func() { _ = silent.Close() }
		},
		"no socket": func(a *Agent) func() {
			c := *a.config.Load()
			c.API.Socket += ".none"
			a.config.Store(&c)
			return func() {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, twoServices)
			_, err := r.Agent(r.ctx())
			r.check(err)
			release := func() {}
			if hang != nil {
				release = hang(r.agent)
			}
			pinged := make(chan struct{}, 1)
			n := supervisor.NewNotifier(supervisor.Environment{Notify: func(string) error {
				select {
				case pinged <- struct{}{}:
				default:
				}
				return nil
			}}, hclog.NewNullLogger())
			ctx, cancel := context.WithCancel(t.Context())
			watched := make(chan error, 1)
			go func() { watched <- n.Watch(ctx, 300*time.Millisecond, r.agent.alive) }()
			if hang == nil {
				<-pinged
			} else {
				<-time.After(time.Second) // some pings would be due
			}
			cancel()
			release()
			r.check(<-watched)
			if hang != nil && len(pinged) > 0 {
				t.Error("the supervisor was told that all is well")
			}
		})
	}
}

// TestTimeThatStandsStillIsNoWork: nobody runs the agent, so its balancer's time does not pass.
func TestTimeThatStandsStillIsNoWork(t *testing.T) {
	r := notStarted(t, twoServices)
	a, err := New(t.Context(), r.options())
	r.check(err)
	defer a.close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := a.alive(ctx); err == nil || !strings.Contains(err.Error(), "tick") {
		t.Errorf("alive = %v, want that the tick is waited for", err)
	}
}
