package supervisor

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen is a supervisor's end of NOTIFY_SOCKET.
func listen(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil { // a guard against a hang
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", name)
	return c
}

// message reads the lines of one message.
func message(t *testing.T, c *net.UnixConn) []string {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(buf[:n]), "\n")
}

func notifier(t *testing.T) *Notifier {
	t.Helper()
	e, err := FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	return NewNotifier(e, hclog.NewNullLogger())
}

// TestMessagesOfALife goes from the start to the end over real sockets, one with a path and one without.
func TestMessagesOfALife(t *testing.T) {
	folder, err := os.MkdirTemp("", "remora")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	for _, name := range []string{filepath.Join(folder, "n"), "@" + filepath.Join(folder, "n")} {
		t.Run(name[:1], func(t *testing.T) {
			c := listen(t, name)
			n := notifier(t)
			n.Reloading()("too early") // nothing is sent: it would make the agent look ready
			n.Ready("serving\n2 services")
			n.Ready("again")
			begun := monotonicNow(t)
			done := n.Reloading()
			done("3 things changed")
			n.alive("3 things changed") // as it was sent last
			n.alive("fine")
			done = n.Reloading()
			n.Stopping()
			done("too late")
			n.Reloading()("much too late")
			n.alive("")

			want(t, message(t, c), "READY=1", "STATUS=serving 2 services")
			reloading := message(t, c)
			want(t, slices.Delete(slices.Clone(reloading), 1, 2), "RELOADING=1", "STATUS=reading the configuration")
			stamp, err := strconv.ParseInt(strings.TrimPrefix(reloading[1], "MONOTONIC_USEC="), 10, 64)
			if err != nil || stamp < begun || stamp > monotonicNow(t) {
				t.Errorf("%s is not between %d and now", reloading[1], begun)
			}
			want(t, message(t, c), "READY=1", "STATUS=3 things changed")
			want(t, message(t, c), "WATCHDOG=1")
			want(t, message(t, c), "WATCHDOG=1", "STATUS=fine")
			want(t, message(t, c)[:1], "RELOADING=1")
			want(t, message(t, c), "STOPPING=1", "STATUS=finishing what is in flight")
			want(t, message(t, c), "WATCHDOG=1") // ends the list: nothing came between
		})
	}
}

func monotonicNow(t *testing.T) int64 {
	t.Helper()
	now, err := strconv.ParseInt(strings.TrimPrefix(monotonic()[0], "MONOTONIC_USEC="), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func want(t *testing.T, got []string, lines ...string) {
	t.Helper()
	if !slices.Equal(got, lines) {
		t.Errorf("got %q, want %q", got, lines)
	}
}

func TestWithoutASupervisorNothingHappens(t *testing.T) {
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_PID"} {
		t.Setenv(name, "")
	}
	e, err := FromEnvironment()
	if err != nil || e.Notify != nil || e.Watchdog != 0 || e.Sockets != nil {
		t.Errorf("got %+v, %v, want nothing", e, err)
	}
	n := NewNotifier(e, hclog.NewNullLogger())
	n.Ready("")
	n.Reloading()("")
	n.Stopping()
}

func TestWatchdogOfTheEnvironment(t *testing.T) {
	tests := []struct {
		usec, pid string
		want      time.Duration
		fault     string
	}{
		{"30000000", "", 30 * time.Second, ""},
		{"30000000", fmt.Sprint(os.Getpid()), 30 * time.Second, ""},
		{"30000000", "1", 0, ""}, // meant for another process
		{"soon", "", 0, "WATCHDOG_USEC"},
		{"-1", "", 0, "WATCHDOG_USEC"},
	}
	for _, test := range tests {
		t.Setenv("WATCHDOG_USEC", test.usec)
		t.Setenv("WATCHDOG_PID", test.pid)
		e, err := FromEnvironment()
		if e.Watchdog != test.want || (err != nil) != (test.fault != "") || err != nil && !strings.Contains(err.Error(), test.fault) {
			t.Errorf("WATCHDOG_USEC=%s WATCHDOG_PID=%s: %v, %v, want %v, %q", test.usec, test.pid, e.Watchdog, err, test.want, test.fault)
		}
	}
}

// TestASupervisorThatReadsNothing: its queue fills up, and then a message is given up.
func TestASupervisorThatReadsNothing(t *testing.T) {
	c := listen(t, filepath.Join(t.TempDir(), "n"))
	given := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			err = send("WATCHDOG=1", 10*time.Millisecond)
		}
		given <- err
	}()
	select {
	case err := <-given:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a message that there is no room for: %v, want %v", err, os.ErrDeadlineExceeded)
		}
	case <-time.After(30 * time.Second):
		_ = c.Close() // which ends the write
		t.Errorf("a message hangs: %v", <-given)
	}
}

// TestADeafSupervisorIsLoggedOnce: nobody is at the address.
func TestADeafSupervisorIsLoggedOnce(t *testing.T) {
	var log strings.Builder
	fails := errors.New("nobody is there")
	n := NewNotifier(Environment{Notify: func(string) error { return fails }}, hclog.New(&hclog.LoggerOptions{Output: &log}))
	n.Ready("")
	n.alive("")
	if got := strings.Count(log.String(), "nobody is there"); got != 1 {
		t.Errorf("the log says it %d times:\n%s", got, &log)
	}
}
