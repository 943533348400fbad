package api_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/remora-agent/remora/agent/api"
)

func TestMain(m *testing.M) {
	if socket := os.Getenv(childSocket); socket != "" {
		os.Exit(childMain(socket))
	}
	goleak.VerifyTestMain(m)
}

// hang is how long a test waits for what must happen before it calls that a hang.
const hang = 30 * time.Second

// running is a server on real UNIX sockets.
type running struct {
	*api.Server
	core        *memory
	socket      string
	adminSocket string
	client      *http.Client
	stop        context.CancelFunc
	done        chan error // holds what Serve returned
}

// start serves a core over a main and an admin socket until the test ends.
func start(t testing.TB, options api.Options) *running {
	t.Helper()
	return startWith(t, options, func(c api.Core) api.Core { return c })
}

// withoutLane is a core that has nothing for the fast lane.
func withoutLane(c api.Core) api.Core {
	c.Fast = nil
	return c
}

// startWith is start with a core that is changed first.
func startWith(t testing.TB, options api.Options, change func(api.Core) api.Core) *running {
	t.Helper()
	dir, err := os.MkdirTemp("", "api")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{
		core: newMemory(), stop: cancel, done: make(chan error, 1),
		socket: filepath.Join(dir, "s"), adminSocket: filepath.Join(dir, "a"),
	}
	r.Server = api.New(change(r.core.core()), options)
	r.client = clientOf(r.socket)
	main, admin := listen(t, r.socket), listen(t, r.adminSocket)
	go func() {
		r.done <- r.Serve(ctx, api.Listener{Listener: main}, api.Listener{Listener: admin, Admin: true})
	}()
	t.Cleanup(func() {
		cancel()
		r.client.CloseIdleConnections()
		receive(t, r.done, "the end of Serve")
		_ = os.RemoveAll(dir)
	})
	return r
}

func listen(t testing.TB, path string) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func clientOf(socket string) *http.Client {
	return &http.Client{Timeout: hang, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
}

// receive waits for a value; Serve's result stays there for others to receive.
func receive[T any](t reporter, c chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
		if cap(c) == 1 {
			c <- v
		}
	case <-time.After(hang):
		t.Fatalf("no %s after %v", what, hang)
	}
	return v
}

// dial opens a raw connection.
func (r *running) dial(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(hang)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatalf("send: %v", err)
	}
}

// readAnswer reads one answer from a raw connection.
func readAnswer(t testing.TB, c net.Conn) (status int, body string) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("read the answer's body: %v", err)
	}
	return answer.StatusCode, string(all)
}

// wantEnd waits until the other end hangs up, and wants nothing more from it.
func wantEnd(t testing.TB, c net.Conn) {
	t.Helper()
	rest, err := io.ReadAll(c)
	if err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v, want only the end of the connection", rest, err)
	}
}

// ask sends one request and reads its answer.
func ask(t testing.TB, client *http.Client, method, path, body string) (int, string, http.Header) {
	t.Helper()
	answer, text, err := try(t.Context(), client, method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, text, answer.Header
}

// try is ask for goroutines, which must not end a test.
func try(ctx context.Context, client *http.Client, method, path, body string) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://remora"+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	return answer, string(all), err
}

// later asks in the background; the answer's status and body come through the channel, or an error.
func (r *running) later(ctx context.Context, method, path string) chan string {
	got := make(chan string, 1)
	go func() {
		client := clientOf(r.socket)
		defer client.CloseIdleConnections()
		answer, body, err := try(ctx, client, method, path, "")
		if err != nil {
			got <- err.Error()
			return
		}
		got <- answer.Status + " " + body
	}()
	return got
}
