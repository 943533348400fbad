package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

func TestProblems(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		status                  int
		wantCode                wire.Code
		wantText                string
	}{
		{
			name: "problem", contentType: "application/problem+json; charset=utf-8", status: 404,
			body:     `{"type":"about:blank","title":"T","status":404,"detail":"no service web","code":"unknown_service"}`,
			wantCode: wire.CodeUnknownService, wantText: `select from service "web": no service web`,
		}, {
			name: "plain text of the HTTP library", contentType: "text/plain", status: 431,
			body:     "431 Request Header Fields Too Large\n",
			wantText: `select from service "web": answered with status 431: 431 Request Header Fields Too Large`,
		}, {
			name: "a problem that is none", contentType: "application/problem+json", status: 500, body: `{`,
			wantText: `select from service "web": answered with status 500: {`,
		}, {
			name: "a redirect is not followed", status: 302, wantText: `select from service "web": answered with status 302:`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			_, err := c.Select(t.Context(), "web")
			problem, ok := errors.AsType[*wire.Problem](err)
			if !ok {
				t.Fatalf("got %v, want a problem", err)
			}
			if problem.Code != tt.wantCode || problem.Status != tt.status || err.Error() != tt.wantText {
				t.Errorf("got code %q, status %d, text %q\nwant %q, %d, %q",
					problem.Code, problem.Status, err, tt.wantCode, tt.status, tt.wantText)
			}
			if errors.Is(err, ErrUnreachable) {
				t.Error("an agent that answers counts as unreachable")
			}
		})
	}
}

// TestExplainedProblem: when there is nothing to select, the explanation is what one asked for.
func TestExplainedProblem(t *testing.T) {
	_, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"status":503,"code":"no_healthy_backend","detail":"none",`+
			`"explain":{"regime":"down","why":"all are drained"}}`)
	})
	_, err := c.Explain(t.Context(), "web")
	problem, ok := errors.AsType[*wire.Problem](err)
	if !ok || problem.Code != wire.CodeNoHealthyBackend {
		t.Fatalf("got %v, want a problem", err)
	}
	if e := problem.Explain; e == nil || e.Why != "all are drained" {
		t.Errorf("got explanation %+v, want the agent's", e)
	}
}

func TestUnreachable(t *testing.T) {
	missing := socketPath(t)
	dead := socketPath(t)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	file := socketPath(t)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, hangsUp := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { hang(r) }, WithTimeout(time.Millisecond))

	tests := map[string]struct {
		client *Client
		want   string
	}{
		"nothing there": {New(missing), "no such file or directory (start it with 'remora agent'"},
		"nobody there":  {New(dead), "connection refused (nobody listens there"},
		"not a socket":  {New(file), "connection refused"},
		"path too long": {New("/" + strings.Repeat("x", 120)), "at most 107 bytes"},
		"hangs up":      {hangsUp, "it closed the connection"},
		"silent":        {silent, "no answer in time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			calls := map[string]func() error{
				"select": func() error { _, err := tt.client.Select(t.Context(), "web"); return err },
				"report": func() error { return tt.client.Report(t.Context(), wire.Report{Service: "web"}) },
				"lease":  func() error { _, err := tt.client.Lease(t.Context(), "web"); return err },
			}
			for call, run := range calls {
				err := run()
				if !errors.Is(err, ErrUnreachable) {
					t.Errorf("%s: got %v, want ErrUnreachable", call, err)
					continue
				}
				if text := err.Error(); !strings.Contains(text, tt.want) || !strings.Contains(text, tt.client.Socket()) {
					t.Errorf("%s: %q names not both %q and the path", call, text, tt.want)
				}
			}
		})
	}
}

func TestCallersContextIsNotTheAgentsFault(t *testing.T) {
	asked := make(chan struct{}, 3)
	_, c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		hang(r)
	})
	calls := map[string]func(context.Context) error{
		"select": func(ctx context.Context) error { _, err := c.Select(ctx, "web"); return err },
		"lease":  func(ctx context.Context) error { _, err := c.Lease(ctx, "web"); return err },
		"watch": func(ctx context.Context) error {
			return c.Watch(ctx, nil, func(wire.Event) error { return nil })
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			if err := call(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
				t.Errorf("got %v, want only context.Canceled", err)
			}
		})
	}
}

func TestFollowsAnAgentThatRestarts(t *testing.T) {
	handler := func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"address":"h:1"}`) }
	server, c := serve(t, handler, WithPatience(0))
	if _, err := c.Select(t.Context(), "web"); err != nil {
		t.Fatal(err)
	}
	_ = server.Close()
	if _, err := c.Select(t.Context(), "web"); !errors.Is(err, ErrUnreachable) {
		t.Fatalf("got %v from an agent that is down, want ErrUnreachable", err)
	}
	serveOn(t, &http.Server{Handler: http.HandlerFunc(handler)}, c.Socket())
	if _, err := c.Select(t.Context(), "web"); err != nil {
		t.Errorf("got %v from the agent that is back", err)
	}
}

// TestConnectionsAreBounded has far more callers than connections, all of them waiting for the first
// answer, and counts what the agent sees.
func TestConnectionsAreBounded(t *testing.T) {
	const callers = 3 * maxCalls
	release := make(chan struct{})
	var mu sync.Mutex
	var open, most int
	released := false // a server hears of a closed connection later than of the one in its place
	full := make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		answer(w, 200, `{}`)
	})}
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		switch state {
		case http.StateNew:
			if open++; open == maxCalls {
				close(full)
			}
			if !released {
				most = max(most, open)
			}
		case http.StateClosed:
			open--
		}
	}
	c := New(socketPath(t))
	t.Cleanup(c.Close)
	serveOn(t, server, c.Socket())
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			if _, err := c.Select(t.Context(), "web"); err != nil {
				t.Error(err)
			}
		})
	}
	<-full
	mu.Lock()
	released = true
	mu.Unlock()
	close(release)
	group.Wait()
	mu.Lock()
	defer mu.Unlock()
	if most > maxCalls {
		t.Errorf("%d connections at once, want at most %d", most, maxCalls)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	endless := io.NopCloser(zeros{})
	if _, err := readBody(&http.Response{Body: endless}, 1<<16); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v for an endless answer", err)
	}
}

// zeros is an endless run of the digit 0.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
