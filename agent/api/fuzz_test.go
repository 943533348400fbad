package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/client/wire"
)

// exchange puts a request to the API, and holds the answer to what is true of every answer. The
// request's context has ended, so that nothing waits.
func exchange(t *testing.T, method, target, body string) {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return // net/http refuses it before the API sees it
	}
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	handler := api.HandlerFor(newMemory().core(), api.Options{}, api.Caller{UID: 0, Conn: 1}, near)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := (&http.Request{
		Method: method, URL: u, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}).WithContext(ctx)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	checkAnswer(t, w)
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code == http.StatusInternalServerError {
		t.Fatalf("internal error: %s", w.Body)
	}
	kind := w.Header().Get("Content-Type")
	if w.Code < 400 {
		if kind == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("answer %d is no JSON: %q", w.Code, w.Body)
		}
		return
	}
	var problem wire.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || kind != "application/problem+json" {
		t.Fatalf("answer %d is no problem: %v, %s\n%q", w.Code, err, kind, w.Body)
	}
	if problem.Status != w.Code || problem.Code.Status() != w.Code || problem.Detail == "" {
		t.Fatalf("answer %d has the problem %+v", w.Code, problem)
	}
}

func FuzzQuery(f *testing.F) {
	for _, path := range []string{"/v1/select/owned", "/v1/services/owned", "/v1/watch", "/v1/leases/x", "/v1/services/a%2Fb/backends/[::1]:80"} {
		for _, query := range []string{
			"", "key=u1&key=u2", "exclude=[::1]:80&exclude=10.0.0.1:80&count=2", "format=text", "count=-0", "index=1&wait=1h", "a;b",
			"%zz", "success=true&latency_ms=1e400", "latency_ms=0x1p-2", "service=%00&service=..", "key=%ff&&=&==&",
		} {
			f.Add(path, query)
		}
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			exchange(t, method, path+"?"+query, "")
		}
	})
}

func FuzzBody(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"picks":[{"service":"owned","exclude":["10.0.0.1:80"]},{}]}`, `{"service":"owned","bind":"ttl","ttl":"30s"}`,
		`{"success":true,"latency_ms":12.5}`, `[{"service":"owned","address":"10.0.0.1:80","success":false}]`,
		`{"strategy":"round_robin","backends":["10.0.0.1:80",{"address":"[::1]:80","weight":5,"tags":["a"],"meta":{"a":"b"}}]}`,
		`{"healthy":false}`, `{"state":"drain"}`, "\x00", "\xff", `{"weight":1e99}`, `"\ud800"`, `[[[[[[[[`,
	} {
		f.Add(body)
	}
	place := strings.NewReplacer("{service}", "owned", "{address}", "10.0.0.1:80", "{lease}", "x")
	f.Fuzz(func(t *testing.T, body string) {
		for _, route := range api.Routes() {
			exchange(t, route[0], place.Replace(route[1]), body)
		}
		exchange(t, "PUT", "/v1/services/mine", body)
	})
}
