package api_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/agent/api/apitest"
	"github.com/remora-agent/remora/client/wire"
)

func TestContract(t *testing.T) {
	r := start(t, api.Options{})
	apitest.Run(t, apitest.Fixture{Client: r.client, Owned: "owned", OwnedAddress: "10.0.0.1:80", Pending: "pending"})
}

// What only a core can make happen, and one that fails in ways of its own.
func TestErrorsOfTheCore(t *testing.T) {
	var log logged
	r := start(t, api.Options{Logger: hclog.New(&hclog.LoggerOptions{Output: &log})})
	tests := []struct {
		do, body string
		status   int
		code     wire.Code
	}{
		{"GET /v1/select/keyed", "", 400, wire.CodeKeyRequired},
		{"POST /v1/leases", `{"service":"full"}`, 503, wire.CodeOverLimit},
		{"GET /v1/select/broken", "", 500, wire.CodeInternal},
		{"GET /v1/services/broken", "", 500, wire.CodeInternal},
		{"POST /v1/leases", `{"service":"broken"}`, 500, wire.CodeInternal},
		{"PUT /v1/services/broken", `{"backends":[]}`, 500, wire.CodeInternal},
		{"GET /v1/select/panics", "", 500, wire.CodeInternal},
		{"PUT /v1/services/panics", `{"backends":[]}`, 500, wire.CodeInternal},
	}
	for _, test := range tests {
		t.Run(test.do, func(t *testing.T) {
			method, path, _ := strings.Cut(test.do, " ")
			status, body, _ := ask(t, r.client, method, path, test.body)
			if status != test.status || !strings.Contains(body, `"code":"`+string(test.code)+`"`) {
				t.Errorf("answer %d %s, want %d %s", status, body, test.status, test.code)
			}
			if strings.Contains(body, "secret") || strings.Contains(body, "goroutine") {
				t.Errorf("the answer tells what only the log may: %s", body)
			}
		})
	}
	for _, want := range []string{"a secret that no client may see", "a core that panics", "core_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, log.String())
		}
	}
}

// Picks that must wait do so together, and the answers keep the order of the request.
func TestABatchWaitsSideBySide(t *testing.T) {
	r := start(t, api.Options{})
	const picks = 200
	body := strings.Repeat(`{"service":"blocks"},{"service":"owned"},`, picks/2)
	got := make(chan string, 1)
	go func() {
		_, text, err := try(t.Context(), r.client, "POST", "/v1/select", `{"picks":[`+body+`{"service":"nobody"}]}`)
		got <- fmt.Sprint(text, err)
	}()
	for range picks/2 + 64 { // each that blocks is first asked without waiting, then 64 at a time
		receive(t, r.core.entered, "blocked select")
	}
	close(r.core.release)
	text := receive(t, got, "answer to the batch")
	if n := strings.Count(text, `"address":"10.0.0.1:80"`); n != picks {
		t.Errorf("%d picks were answered, want %d:\n%s", n, picks, text)
	}
	if !strings.HasSuffix(text, `"code":"unknown_service"}}]}`+"\n<nil>") {
		t.Errorf("the last answer is not that of the last pick:\n%s", text)
	}
}

func TestReadiness(t *testing.T) {
	r := start(t, api.Options{})
	if status, body, _ := ask(t, r.client, "GET", "/readyz", ""); status != 200 || body != "ready\n" {
		t.Errorf("readyz is %d %q, want 200", status, body)
	}
	r.core.set(func(m *memory) { m.unready = wire.NewProblem(wire.CodeNotReady, "legacy has not answered") })
	status, body, header := ask(t, r.client, "GET", "/readyz", "")
	if status != 503 || !strings.Contains(body, "legacy has not answered") || header.Get("Retry-After") == "" {
		t.Errorf("readyz is %d %s, Retry-After %q, want 503 with the reason", status, body, header.Get("Retry-After"))
	}
	if status, _, _ := ask(t, r.client, "GET", "/healthz", ""); status != 200 {
		t.Errorf("healthz is %d while the agent is not ready, want 200", status)
	}
}

func TestReloadThatIsRefusedTellsTheFaults(t *testing.T) {
	r := start(t, api.Options{})
	problem := wire.NewProblem(wire.CodeBadRequest, "the configuration has 1 fault")
	problem.Faults = []wire.Fault{{File: "a.hcl", Line: 3, Summary: "no such block", Snippet: "<servcie>"}}
	r.core.set(func(m *memory) { m.faults = problem })
	status, body, _ := ask(t, r.client, "POST", "/v1/agent/reload", "")
	if want := `"faults":[{"file":"a.hcl","line":3,"summary":"no such block","snippet":"<servcie>"}]`; status != 400 || !strings.Contains(body, want) {
		t.Errorf("answer %d %s, want 400 with %s", status, body, want)
	}
}

func TestOutcomesReachTheCore(t *testing.T) {
	r := start(t, api.Options{})
	ask(t, r.client, "DELETE", "/v1/leases/x?success=false&latency_ms=1.5", "")
	ask(t, r.client, "DELETE", "/v1/leases/x?success=false&latency_ms=1.5", `{"success":true}`)
	ask(t, r.client, "DELETE", "/v1/leases/x", "")
	ask(t, r.client, "POST", "/v1/reports", `{"service":"owned","address":"10.0.0.1:80","success":false,"latency_ms":0}`)
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	ended := r.core.ended
	if len(ended) != 3 || *ended[0].Success || *ended[0].LatencyMS != 1.5 || !*ended[1].Success || ended[2].Success != nil {
		t.Errorf("outcomes of leases: %+v", ended)
	}
	if got := r.core.reports; len(got) != 1 || *got[0].Success || *got[0].LatencyMS != 0 {
		t.Errorf("reports: %+v", got)
	}
}

func TestObserveIsToldOfEveryRequest(t *testing.T) {
	seen := make(chan string, 100)
	r := start(t, api.Options{Observe: func(route, method string, status int, took time.Duration) {
		if took < 0 {
			t.Errorf("%s took %v", route, took)
		}
		seen <- strings.Join([]string{method, route, http.StatusText(status)}, " ")
	}})
	for _, test := range []struct{ do, want string }{
		{"GET /v1/select/owned", "GET /v1/select/{service} OK"},
		{"GET /v1/select/nobody", "GET /v1/select/{service} Not Found"},
		{"GET /v1/select/panics", "GET /v1/select/{service} Internal Server Error"},
		{"GET /nothing", "GET unknown Not Found"},
		{"BREW /v1/services", "other unknown Method Not Allowed"},
	} {
		method, path, _ := strings.Cut(test.do, " ")
		ask(t, r.client, method, path, "")
		if got := receive(t, seen, "observation"); got != test.want {
			t.Errorf("%s was seen as %q, want %q", test.do, got, test.want)
		}
	}
}

func TestTelemetryServesTwoRoutes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	core := api.Core{Metrics: newMemory().core().Metrics}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- api.NewTelemetry(core, api.Options{}).Serve(ctx, api.Listener{Listener: l}) }()
	client := &http.Client{Timeout: hang, Transport: &http.Transport{}}
	for path, want := range map[string]int{"/metrics": 200, "/healthz": 200, "/readyz": 404, "/v1/services": 404, "/v1/select/a": 404} {
		answer, err := client.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s is %d, want %d", path, answer.StatusCode, want)
		}
	}
	client.CloseIdleConnections()
	cancel()
	if err := receive(t, done, "the end of Serve"); err != nil {
		t.Errorf("Serve = %v", err)
	}
}
