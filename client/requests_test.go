package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/remora-agent/remora/client/wire"
)

// TestRequests holds what goes over the socket, and what comes of the answer, for every method.
func TestRequests(t *testing.T) {
	weight, score := 5, 1.5
	const selection = `{"service":"a/b","address":"[::1]:80","host":"::1","port":80,"id":"x","weight":1}`
	picked := wire.Selection{Service: "a/b", Address: "[::1]:80", Host: "::1", Port: 80, ID: "x", Weight: 1}
	tests := []struct {
		name    string
		call    func(context.Context, *Client) (any, error)
		request string // method and request target
		body    string // JSON; empty: none
		status  int
		answer  string
		want    any
	}{
		{
			name:    "select",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Select(ctx, "a/b") },
			request: "GET /v1/select/a%2Fb", status: 200, answer: selection, want: picked,
		}, {
			name: "select with options",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.Select(ctx, "a b?c", Key("u&1"), Exclude("[::1]:80"), Exclude("h:1", "h:2"))
			},
			request: "GET /v1/select/a%20b%3Fc?exclude=%5B%3A%3A1%5D%3A80&exclude=h%3A1&exclude=h%3A2&key=u%261",
			status:  200, answer: selection, want: picked,
		}, {
			name:    "select a name that is no UTF-8",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Select(ctx, "\xff%") },
			request: "GET /v1/select/%FF%25", status: 200, answer: selection, want: picked,
		}, {
			name:    "select many",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.SelectMany(ctx, "web", 2) },
			request: "GET /v1/select/web?count=2", status: 200,
			answer: `{"service":"web","backends":[` + selection + `]}`, want: []wire.Selection{picked},
		}, {
			name: "explain",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.Explain(ctx, "a/b", Key("u1"), Exclude("h:1"))
			},
			request: "GET /v1/select/a%2Fb?exclude=h%3A1&explain=1&key=u1", status: 200,
			answer: selection[:len(selection)-1] + `,"explain":{"service":"a/b","regime":"normal","why":"its turn",` +
				`"backends":[{"address":"[::1]:80","eligible":true,"score":1.5,"chosen":true}]}}`,
			want: wire.Explained{Selection: picked, Explain: wire.Explanation{
				Service: "a/b", Regime: "normal", Why: "its turn",
				Backends: []wire.Candidate{{Address: "[::1]:80", Eligible: true, Score: &score, Chosen: true}},
			}},
		}, {
			name: "select batch",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.SelectBatch(ctx, []wire.Pick{{Service: "a/b"}, {Service: "db", Key: "k"}})
			},
			request: "POST /v1/select",
			body:    `{"picks":[{"service":"a/b"},{"service":"db","key":"k"}]}`,
			status:  200,
			answer:  `{"picks":[` + selection + `,{"error":{"status":404,"code":"unknown_service"}}]}`,
			want: []wire.PickResult{
				{Selection: &picked},
				{Error: &wire.Problem{Status: 404, Code: wire.CodeUnknownService}},
			},
		}, {
			name:    "renew lease",
			call:    func(ctx context.Context, c *Client) (any, error) { return nil, c.RenewLease(ctx, "id/1") },
			request: "PUT /v1/leases/id%2F1", status: 204,
		}, {
			name: "end lease",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.EndLease(ctx, "id", Succeeded(12500*time.Microsecond))
			},
			request: "DELETE /v1/leases/id", body: `{"success":true,"latency_ms":12.5}`, status: 204,
		}, {
			name: "end lease without an outcome",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.EndLease(ctx, "id", wire.Outcome{})
			},
			request: "DELETE /v1/leases/id", status: 204,
		}, {
			name: "report",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.Report(ctx, wire.Report{Service: "web", Address: "h:1", Outcome: Failed(0)})
			},
			request: "POST /v1/reports", body: `[{"service":"web","address":"h:1","success":false}]`, status: 204,
		}, {
			name:    "services",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Services(ctx) },
			request: "GET /v1/services", status: 200, answer: `{"services":[{"name":"web","stale":true}]}`,
			want: []wire.ServiceSummary{{Name: "web", Stale: true}},
		}, {
			name:    "group",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Group(ctx, "a/b") },
			request: "GET /v1/services/a%2Fb", status: 200, answer: `{"service":"a/b","index":7}`,
			want: wire.Group{Service: "a/b", Index: 7},
		}, {
			name: "group after an index",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.GroupAfter(ctx, "web", 0, 90*time.Second)
			},
			request: "GET /v1/services/web?index=0&wait=1m30s", status: 200, answer: `{"index":8}`,
			want: wire.Group{Index: 8},
		}, {
			name:    "history",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.History(ctx, "a/b") },
			request: "GET /v1/services/a%2Fb/history", status: 200,
			answer: `{"service":"a/b","changes":[{"at":"2026-01-02T11:59:57Z","cause":"probe","address":"h:1","effect":"ok"}]}`,
			want: wire.History{Service: "a/b", Changes: []wire.Change{
				{At: "2026-01-02T11:59:57Z", Cause: "probe", Address: "h:1", Effect: "ok"},
			}},
		}, {
			name: "register",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.Register(ctx, "web", wire.Registration{Strategy: "round_robin", Backends: []wire.BackendSpec{
					{Address: "h:1"}, {Address: "h:2", Weight: &weight},
				}})
			},
			request: "PUT /v1/services/web",
			body:    `{"strategy":"round_robin","backends":[{"address":"h:1"},{"address":"h:2","weight":5}]}`,
			status:  201, answer: `{}`,
		}, {
			name: "register without backends",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.Register(ctx, "web", wire.Registration{})
			},
			request: "PUT /v1/services/web", body: `{"backends":[]}`, status: 200, answer: `{}`,
		}, {
			name:    "unregister",
			call:    func(ctx context.Context, c *Client) (any, error) { return nil, c.Unregister(ctx, "web") },
			request: "DELETE /v1/services/web", status: 204,
		}, {
			name:    "update backends",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.UpdateBackends(ctx, "web", nil) },
			request: "PUT /v1/services/web/backends", body: `{"backends":[]}`, status: 200,
			answer: `{"added":[],"removed":["h:1"],"changed":[]}`,
			want:   wire.Diff{Added: []string{}, Removed: []string{"h:1"}, Changed: []string{}},
		}, {
			name: "add backend",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.AddBackend(ctx, "web", wire.BackendSpec{Address: "[::1]:80", Zone: "a"})
			},
			request: "PUT /v1/services/web/backends/%5B::1%5D:80", body: `{"address":"[::1]:80","zone":"a"}`, status: 201,
		}, {
			name: "remove backend",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.RemoveBackend(ctx, "web", "h:1")
			},
			request: "DELETE /v1/services/web/backends/h:1", status: 204,
		}, {
			name: "mark",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.MarkHealth(ctx, "web", "h:1", false)
			},
			request: "PUT /v1/services/web/backends/h:1/health", body: `{"healthy":false}`, status: 200, answer: `{}`,
		}, {
			name: "drain",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.SetAdmin(ctx, "web", "h:1", wire.AdminDrain)
			},
			request: "PUT /v1/services/web/backends/h:1/admin", body: `{"state":"drain"}`, status: 200, answer: `{}`,
		}, {
			name:    "agent",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Agent(ctx) },
			request: "GET /v1/agent", status: 200, answer: `{"pid":7}`, want: wire.AgentInfo{PID: 7},
		}, {
			name:    "config",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Config(ctx) },
			request: "GET /v1/agent/config", status: 200, answer: `{"log_level":"info"}`,
			want: json.RawMessage(`{"log_level":"info"}`),
		}, {
			name:    "reload",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Reload(ctx) },
			request: "POST /v1/agent/reload", status: 200, answer: `{"changed":["log_level"],"needs_restart":[]}`,
			want: wire.ReloadResult{Changed: []string{"log_level"}, NeedsRestart: []string{}},
		}, {
			name:    "healthz",
			call:    func(ctx context.Context, c *Client) (any, error) { return nil, c.Healthz(ctx) },
			request: "GET /healthz", status: 200, answer: "ok\n",
		}, {
			name:    "readyz",
			call:    func(ctx context.Context, c *Client) (any, error) { return nil, c.Ready(ctx) },
			request: "GET /readyz", status: 200, answer: "ok\n",
		}, {
			name:    "metrics",
			call:    func(ctx context.Context, c *Client) (any, error) { return c.Metrics(ctx) },
			request: "GET /metrics", status: 200, answer: "remora_up 1\n", want: "remora_up 1\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var request, contentType string
			var body []byte
			_, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				request = r.Method + " " + r.RequestURI
				contentType = r.Header.Get("Content-Type")
				body, _ = io.ReadAll(r.Body)
				answer(w, tt.status, tt.answer)
			})
			got, err := tt.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if request != tt.request {
				t.Errorf("sent %s\nwant %s", request, tt.request)
			}
			if string(body) != tt.body {
				t.Errorf("sent body %s\nwant      %s", body, tt.body)
			}
			if isJSON := contentType == "application/json"; isJSON != (tt.body != "") {
				t.Errorf("content type %q with body %q", contentType, body)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestReportOfNothingSendsNothing(t *testing.T) {
	if err := New("/nonexistent/r.sock").Report(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestBatchAnswerMustMatch(t *testing.T) {
	_, c := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"picks":[]}`) })
	if _, err := c.SelectBatch(t.Context(), []wire.Pick{{Service: "web"}}); err == nil {
		t.Error("an answer with too few results is accepted")
	}
}
