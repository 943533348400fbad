package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/client/wire"
)

// stream is an open GET /v1/watch.
type stream struct {
	lines *bufio.Scanner
	body  io.ReadCloser
}

func (r *running) watch(t *testing.T, query string) *stream {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://remora/v1/watch"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := clientOf(r.socket)
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = answer.Body.Close()
		client.CloseIdleConnections()
	})
	if got := answer.Header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Errorf("Content-Type is %q", got)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return &stream{lines, answer.Body}
}

func (s *stream) next(t *testing.T) wire.Event {
	t.Helper()
	if !s.lines.Scan() {
		t.Fatalf("the stream ended: %v", s.lines.Err())
	}
	var event wire.Event
	if err := json.Unmarshal(s.lines.Bytes(), &event); err != nil {
		t.Fatalf("event %s: %v", s.lines.Bytes(), err)
	}
	return event
}

func (s *stream) want(t *testing.T, kind, service string) wire.Event {
	t.Helper()
	event := s.next(t)
	if event.Type != kind || event.Service != service || event.Index == 0 {
		t.Errorf("event %s of %q at %d, want %s of %q", event.Type, event.Service, event.Index, kind, service)
	}
	return event
}

// pass waits until the server has closed an idle connection, which is longer than its limits.
func (r *running) pass(t *testing.T) {
	t.Helper()
	wantEnd(t, r.dial(t))
}

func TestWatchOutlivesTheLimitsOfOtherRequests(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Idle: short, Arrive: short}})
	all, one := r.watch(t, ""), r.watch(t, "?service=web&service=later")
	if group := all.want(t, wire.EventSnapshot, "owned").Group; group == nil || len(group.Backends) != 1 || group.Strategy != "round_robin" {
		t.Errorf("the snapshot has the group %+v", group)
	}
	ask(t, r.client, "PUT", "/v1/services/web", `{"backends":["10.0.0.1:80"]}`)
	for _, s := range []*stream{all, one} {
		s.want(t, wire.EventSnapshot, "web")
	}
	r.pass(t)
	ask(t, r.client, "PUT", "/v1/services/web/backends", `["10.0.0.2:80"]`)
	ask(t, r.client, "GET", "/v1/services", "")
	for _, s := range []*stream{all, one} {
		diff := s.want(t, wire.EventDiff, "web")
		if len(diff.Added) != 1 || diff.Added[0].Address != "10.0.0.2:80" || len(diff.Removed) != 1 || diff.Stale == nil {
			t.Errorf("diff %+v", diff)
		}
	}
	ask(t, r.client, "PUT", "/v1/services/web/backends/10.0.0.2:80/health", `{"healthy":false}`)
	for _, s := range []*stream{all, one} {
		health := s.want(t, wire.EventHealth, "web")
		if len(health.Changed) != 1 || health.Changed[0].Healthy || health.Changed[0].Verdicts.Active != "failed" {
			t.Errorf("health %+v", health)
		}
	}
	ask(t, r.client, "DELETE", "/v1/services/web", "")
	for _, s := range []*stream{all, one} {
		s.want(t, wire.EventRemoved, "web")
	}
}

func TestWatchEndsWithItsClient(t *testing.T) {
	observed := make(chan int, 10)
	r := start(t, api.Options{Observe: func(_, _ string, status int, _ time.Duration) { observed <- status }})
	s := r.watch(t, "")
	s.want(t, wire.EventSnapshot, "owned")
	_ = s.body.Close()
	if got := receive(t, observed, "end of the stream"); got != 200 {
		t.Errorf("the stream was seen as %d", got)
	}
	receive(t, r.core.closed, "end of the connection")
}

// A reader that stops while everything changes comes back to a state that is true.
func TestWatchOfAReaderThatStops(t *testing.T) {
	r := start(t, api.Options{})
	s := r.watch(t, "")
	s.want(t, wire.EventSnapshot, "owned")
	registerMany(t, r, "web", 3000) // more than the socket's buffers hold
	for i := range 200 {
		address := fmt.Sprintf("/v1/services/web/backends/10.200.0.%d:80", i%7)
		ask(t, r.client, "PUT", address, "")
		if i%3 == 0 {
			ask(t, r.client, "DELETE", address, "")
		}
	}
	ask(t, r.client, "PUT", "/v1/services/web", `{"backends":["10.7.7.7:80"]}`)
	ask(t, r.client, "PUT", "/v1/services/zz-end", `{"backends":[]}`)

	var backends map[string]bool
	for event := s.next(t); event.Service != "zz-end"; event = s.next(t) {
		switch {
		case event.Service != "web":
		case event.Type == wire.EventSnapshot:
			backends = make(map[string]bool)
			add(backends, event.Group.Backends)
		case backends == nil:
			t.Fatalf("%s before the snapshot", event.Type)
		default:
			add(backends, event.Added)
			for _, b := range event.Removed {
				delete(backends, b.Address)
			}
		}
	}
	if len(backends) != 1 || !backends["10.7.7.7:80"] {
		t.Errorf("the reader believes in %d backends, want the last one", len(backends))
	}
}

func add(backends map[string]bool, list []wire.Backend) {
	for _, b := range list {
		backends[b.Address] = true
	}
}

func TestBlockingReadOutlivesTheLimitsOfOtherRequests(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Idle: short, Arrive: short}})
	got := r.later(t.Context(), "GET", "/v1/services/owned?index=1&wait=10m")
	r.pass(t)
	ask(t, r.client, "PUT", "/v1/services/owned/backends/10.0.0.1:80/admin", `{"state":"drain"}`)
	if body := receive(t, got, "answer"); !strings.Contains(body, `"admin":"drain"`) {
		t.Errorf("the answer %s is not the state after the change", body)
	}
}

func TestShutdownFinishesWhatIsInFlight(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Grace: time.Hour}})
	silent := r.dial(t)
	idle := r.dial(t)
	send(t, idle, getAlive)
	readAnswer(t, idle)
	s := r.watch(t, "")
	s.want(t, wire.EventSnapshot, "owned")
	read := r.later(t.Context(), "GET", "/v1/services/owned?index=1&wait=10m")
	selected := r.later(t.Context(), "GET", "/v1/select/blocks")
	receive(t, r.core.entered, "blocking read and select")
	receive(t, r.core.entered, "blocking read and select")
	r.stop()
	wantEnd(t, silent)
	wantEnd(t, idle)
	if s.lines.Scan() || s.lines.Err() != nil {
		t.Errorf("the stream ended with %q, %v, want a clean end", s.lines.Text(), s.lines.Err())
	}
	if got := receive(t, read, "answer to the blocking read"); !strings.HasPrefix(got, "200 OK") {
		t.Errorf("the blocking read got %s, want 200", got)
	}
	close(r.core.release)
	if got := receive(t, selected, "answer to the select"); !strings.HasPrefix(got, "200 OK") {
		t.Errorf("the select got %s, want 200", got)
	}
	if err := receive(t, r.done, "the end of Serve"); err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if _, err := r.client.Get("http://remora/healthz"); err == nil {
		t.Error("the socket is served after the shutdown")
	}
	if n := r.Connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

func TestShutdownCutsOffWhatTakesTooLong(t *testing.T) {
	r := start(t, api.Options{Limits: api.Limits{Grace: short}})
	c := r.dial(t)
	send(t, c, "GET /v1/select/blocks HTTP/1.1\r\nHost: x\r\n\r\n")
	receive(t, r.core.entered, "blocked select")
	r.stop()
	if err := receive(t, r.done, "the end of Serve"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve = %v, want %v", err, context.DeadlineExceeded)
	}
	wantEnd(t, c)
}
