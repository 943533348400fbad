package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/remora-agent/remora/agent/api"
	"github.com/remora-agent/remora/client/wire"
)

// taker is a reporter that takes feedback and answers with what it got.
type taker struct{ api.Reporter }

func (taker) Feedback(_ context.Context, caller api.Caller, f wire.Feedback) (wire.FeedbackAnswer, error) {
	answer := wire.FeedbackAnswer{Services: []wire.ServiceLoad{}}
	for _, s := range f.Services {
		load := wire.ServiceLoad{Service: s.Service, Active: make(map[string]int)}
		for _, b := range s.Backends {
			load.Active[b.Address] = b.Active
		}
		answer.Services = append(answer.Services, load)
	}
	if caller.Conn == 0 {
		return answer, fmt.Errorf("the connection has no number")
	}
	return answer, nil
}

func TestFeedback(t *testing.T) {
	r := startWith(t, api.Options{}, func(c api.Core) api.Core {
		c.Reporter = taker{c.Reporter}
		return c
	})
	backend := func(rest string) string {
		return `{"services":[{"service":"web","backends":[{"address":"10.0.0.1:80"` + rest + `}]}]}`
	}
	tests := []struct {
		name, body string
		status     int
		has        string
	}{
		{"nothing", `{}`, 200, `{"services":[]}`},
		{"a question", `{"services":[{"service":"web"}]}`, 200, `{"services":[{"service":"web","active":{}}]}`},
		{"active", backend(`,"active":3`), 200, `"10.0.0.1:80":3`},
		{"all of it", backend(`,"active":3,"outcomes":[3,-1],"latency_ms":1.5,"latencies":[1,0,3]`), 200, `"10.0.0.1:80":3`},
		{"addresses become canonical", strings.Replace(backend(`,"active":3`), "10.0.0.1", "Host.Example", 1), 200, `"host.example:80":3`},

		{"no JSON", `[`, 400, "not one JSON value"},
		{"no service", `{"services":[{"service":""}]}`, 400, "name is missing"},
		{"no address", `{"services":[{"service":"web","backends":[{}]}]}`, 400, "address"},
		{"negative", backend(`,"active":-1`), 400, "from 0 to 65535 is allowed"},
		{"too active", backend(`,"active":65536`), 400, "from 0 to 65535 is allowed"},
		{"negative latency", backend(`,"latency_ms":-0.1`), 400, "latency_ms is -0.1"},
		{"too many buckets", backend(`,"outcomes":[1],"latencies":[` + strings.Repeat("0,", 16) + `0]`), 400, "at most 16 are allowed"},
		{"negative bucket", backend(`,"outcomes":[1],"latencies":[-1]`), 400, "latencies has -1"},
		{"latencies of nothing", backend(`,"latencies":[1]`), 400, "at most one for each"},
		{"too many outcomes", backend(`,"outcomes":[50001]`), 400, "outcomes has 50001"},
		{"too many together", backend(`,"outcomes":[50000,-1]`), 400, "outcomes at 10.0.0.1:80 are more than 50000"},
		{"the smallest number", backend(`,"outcomes":[-9223372036854775808]`), 400, "outcomes has"},
		{
			"too many in all",
			`{"services":[{"service":"a","backends":[{"address":"h:1","outcomes":[30000]}]},{"service":"b","backends":[{"address":"h:1","outcomes":[-30000]}]}]}`,
			400, "more than one request",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, body, _ := ask(t, r.client, http.MethodPost, "/v1/feedback", test.body)
			if status != test.status || !strings.Contains(body, test.has) {
				t.Errorf("got %d %s, want %d with %q", status, body, test.status, test.has)
			}
		})
	}
}

func TestFeedbackNeedsAReporterThatTakesIt(t *testing.T) {
	r := startWith(t, api.Options{}, func(c api.Core) api.Core {
		c.Reporter = struct{ api.Reporter }{c.Reporter}
		return c
	})
	if status, body, _ := ask(t, r.client, http.MethodPost, "/v1/feedback", `{}`); status != 404 || !strings.Contains(body, "unknown_route") {
		t.Errorf("got %d %s", status, body)
	}
}
