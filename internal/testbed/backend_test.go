package testbed

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// get returns the status and the body, or an error when there is no answer within patience.
func get(address string, patience time.Duration) (status int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func TestHTTPBackend(t *testing.T) {
	b := StartHTTPBackend(t, "web-1")
	if status, body, err := get(b.Address(), guard); err != nil || status != http.StatusOK || body != "web-1" {
		t.Errorf("serving: got %d, %q, %v, want the name", status, body, err)
	}
	b.SetMood(Failing)
	if status, _, err := get(b.Address(), guard); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("failing: got %d, %v, want status 503", status, err)
	}
	b.SetMood(Hanging)
	if status, _, err := get(b.Address(), 20*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hanging: got %d, %v, want no answer", status, err)
	}
	if hits := b.Hits(); hits != 3 {
		t.Errorf("the backend counted %d requests, want 3", hits)
	}
	b.Down()
	if status, _, err := get(b.Address(), guard); err == nil {
		t.Errorf("down: got %d, want no connection", status)
	}
	b.SetMood(Serving)
	b.Up(t)
	if _, body, err := get(b.Address(), guard); err != nil || body != "web-1" {
		t.Errorf("up again: got %q, %v, want the name", body, err)
	}
}

func TestTCPBackend(t *testing.T) {
	b := StartTCPBackend(t, "db-1\n")
	p := StartProxy(t, b.Address())
	dial(t, p).expect(t, "db-1")
	b.SetMood(Failing)
	dial(t, p).expectEnd(t)
	b.SetMood(Hanging)
	c := dial(t, p)
	c.expectSilence(t)
	b.Down()
	c.expectEnd(t)
	dial(t, p).expectEnd(t)
	b.SetMood(Serving)
	b.Up(t)
	dial(t, p).expect(t, "db-1")
}
