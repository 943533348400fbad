package apitest

import (
	"fmt"
	"slices"
	"strings"
)

var agentCases = []Case{
	{"agent", []Step{
		{Do: "GET /v1/agent", Status: 200, Has: `"version":`},
		{Do: "GET /v1/agent/config", Status: 200, Answer: map[string]string{"Content-Type": "application/json"}},
		{Do: "POST /v1/agent/reload", Status: 200, Has: `"needs_restart":[]`},
		{Do: "GET /healthz", Status: 200, Text: "ok\n"},
		{Do: "HEAD /healthz", Status: 200},
		{Do: "GET /metrics", Status: 200, Has: "remora_"},
	}},
}

var routeCases = []Case{
	{"no such route", refused(404, "unknown_route",
		get("GET /"), get("GET /v1"), get("GET /v1/select/"), get("GET /v1/select/a/"), get("GET /v1//select/a"),
		get("GET /v1/services/"), get("GET /v1/services/a/backends/"), get("GET /v1/select/a/b"), get("GET /v1/select%2Fa"),
		get("GET /v2/select/a"), get("GET /v1/Select/a"), get("GET /v1/agent/"), get("GET /healthz/"), get("GET /../healthz"), get("DELETE /nothing"),
	)},
	{"methods", slices.Concat(
		notAllowed("GET, HEAD", "/v1/select/a", "/v1/services", "/v1/watch", "/v1/agent", "/v1/agent/config", "/healthz", "/readyz", "/metrics"),
		notAllowed("POST", "/v1/select", "/v1/leases", "/v1/reports", "/v1/agent/reload"),
		notAllowed("DELETE, PUT", "/v1/leases/x", "/v1/services/a/backends/10.1.0.1:80"),
		notAllowed("DELETE, GET, HEAD, PUT", "/v1/services/a"),
		notAllowed("PUT", "/v1/services/a/backends", "/v1/services/a/backends/10.1.0.1:80/health", "/v1/services/a/backends/10.1.0.1:80/admin"),
	)},
	{"web pages are refused", refused(403, "forbidden",
		origin("GET /v1/select/a"), origin("GET /healthz"), origin("PUT /v1/services/a"), origin("OPTIONS /v1/select/a"), origin("GET /nothing"),
	)},
	{"too large", []Step{
		{Do: "PUT /v1/services/large", Body: `{"backends":[]}` + strings.Repeat(" ", 1<<20), Status: 413, Code: "too_large"},
		{Do: "POST /v1/reports", Body: strings.Repeat("[", 3<<20), Status: 413, Code: "too_large"},
		{Do: "PUT /v1/services/large", Body: `{"backends":[]}` + strings.Repeat(" ", 1<<20-15), Status: 201},
		gone("large"),
	}},
}

// notAllowed is every method that the paths do not have.
func notAllowed(allow string, paths ...string) (steps []Step) {
	for _, path := range paths {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "NONSENSE"} {
			if !slices.Contains(strings.Split(allow, ", "), method) {
				steps = append(steps, Step{
					Do: fmt.Sprintf("%s %s", method, path), Status: 405, Code: "method_not_allowed", Answer: map[string]string{"Allow": allow},
				})
			}
		}
	}
	return steps
}

func origin(do string) Step {
	return Step{Do: do, Header: map[string]string{"Origin": "http://example.com"}}
}
