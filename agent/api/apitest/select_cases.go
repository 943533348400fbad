package apitest

import (
	"slices"
	"strings"
)

var selectCases = []Case{
	{"select", with("sel",
		Step{
			Do: "GET /v1/select/sel?exclude=10.1.0.2:80", Status: 200, Answer: map[string]string{"Content-Type": "application/json"},
			JSON: `{"service":"sel","address":"10.1.0.1:80","host":"10.1.0.1","port":80,"id":"first","weight":1}`,
		},
		Step{Do: "GET /v1/select/sel?exclude=10.1.0.1:80&format=text", Status: 200, Text: "10.1.0.2:80\n"},
		Step{Do: "GET /v1/select/sel?exclude=10.1.0.1:080", Status: 200, JSON: `{"address":"10.1.0.2:80"}`},
		Step{Do: "GET /v1/select/sel?exclude=10.1.0.1:80", Header: map[string]string{"Accept": "text/plain"}, Status: 200, Text: "10.1.0.2:80\n"},
		Step{Do: "GET /v1/select/sel?exclude=10.1.0.1:80&format=json", Header: map[string]string{"Accept": "text/plain"}, Status: 200, JSON: `{"port":80}`},
		Step{Do: "GET /v1/select/sel?key=u1&unknown=1&key2=", Status: 200, JSON: `{"service":"sel"}`},
		Step{Do: "HEAD /v1/select/sel", Status: 200, Answer: map[string]string{"Content-Type": "application/json"}},
	)},
	{"select with count", with("cnt",
		Step{Do: "GET /v1/select/cnt?count=1", Status: 200, JSON: `{"service":"cnt","backends":[{"service":"cnt","port":80}]}`},
		Step{Do: "GET /v1/select/cnt?count=100", Status: 200, JSON: `{"service":"cnt","backends":[{"port":80},{"port":80}]}`},
		Step{Do: "GET /v1/select/cnt?count=2&format=text&exclude=10.1.0.1:80", Status: 200, Text: "10.1.0.2:80\n"},
	)},
	{"select of a name with a slash", []Step{
		two("team%2Fweb"),
		{Do: "GET /v1/select/team%2Fweb", Status: 200, JSON: `{"service":"team/web"}`},
		{Do: "GET /v1/select/team/web", Status: 404, Code: "unknown_route"},
		{Do: "GET /v1/services/team%2fweb", Status: 200, JSON: `{"service":"team/web"}`},
		gone("team%2Fweb"),
	}},
	{"select of an IPv6 backend", []Step{
		{Do: "PUT /v1/services/six", Body: `{"backends":["[2001:DB8::1]:80"]}`, Status: 201},
		{Do: "GET /v1/select/six", Status: 200, JSON: `{"address":"[2001:db8::1]:80","host":"2001:db8::1","port":80}`},
		{Do: "GET /v1/select/six?exclude=[2001:db8:0::1]:80", Status: 503, Code: "no_healthy_backend"},
		gone("six"),
	}},
	{"select of a service that can't serve", []Step{
		{Do: "GET /v1/select/nobody", Status: 404, Code: "unknown_service"},
		{Do: "GET /v1/select/{pending}", Status: 503, Code: "not_ready"},
		{Do: "GET /v1/select/{pending}?format=text", Status: 503, Code: "not_ready"},
		{Do: "GET /v1/select/{pending}?count=2", Status: 503, Code: "not_ready"},
		{Do: "PUT /v1/services/empty", Body: `{"backends":[]}`, Status: 201, JSON: `{"backends":[]}`},
		{Do: "GET /v1/select/empty", Status: 503, Code: "no_backends"},
		gone("empty"),
	}},
	{"select refuses", refused(400, "bad_request",
		get("GET /v1/select/%FF"), get("GET /v1/select/a%00b"), get("GET /v1/select/a%0Ab"), get("GET /v1/select/.."),
		get("GET /v1/select/%2E"), get("GET /v1/select/"+long),
		get("GET /v1/select/sel?count=0"), get("GET /v1/select/sel?count=101"), get("GET /v1/select/sel?count=two"),
		get("GET /v1/select/sel?count="), get("GET /v1/select/sel?count=1&count=1"),
		get("GET /v1/select/sel?key=a&key=b"), get("GET /v1/select/sel?key=%zz"), get("GET /v1/select/sel?a;b"),
		get("GET /v1/select/sel?exclude=nowhere"), get("GET /v1/select/sel?exclude="), get("GET /v1/select/sel?format=xml"),
	)},
	{"select of many", with("many",
		Step{
			Do: "POST /v1/select", Status: 200,
			Body: `{"picks":[{"service":"many","key":"u1","exclude":["10.1.0.1:80"]},{"service":"nobody"},{"service":"..","exclude":[]},{"service":"{pending}"},{"service":"many","exclude":["x"]}]}`,
			JSON: `{"picks":[{"service":"many","address":"10.1.0.2:80"},{"error":{"code":"unknown_service","status":404}},` +
				`{"error":{"code":"bad_request"}},{"error":{"code":"not_ready"}},{"error":{"code":"bad_request"}}]}`,
		},
		Step{Do: "POST /v1/select", Body: `{"picks":[]}`, Status: 200, JSON: `{"picks":[]}`},
	)},
	{"select of many refuses", refused(400, "bad_request", badBodies("POST /v1/select",
		`{}`, `{"picks":null}`, `{"picks":{}}`, `{"picks":[1]}`, `{"picks":[{"service":1}]}`, `{"picks":[{"service":"a","exclude":"b"}]}`,
		`{"picks":[`+strings.Repeat(`{},`, 10_000)+`{}]}`)...)},
}

var leaseCases = []Case{
	{"lease of a connection", with("lea",
		Step{
			Do: "POST /v1/leases", Status: 201, JSON: `{"service":"lea","address":"10.1.0.2:80","host":"10.1.0.2","port":80}`, Has: `"lease":"`,
			Body: `{"service":"lea","key":"","exclude":["10.1.0.1:80"],"bind":"connection","ttl":"30s"}`,
		},
		Step{Do: "DELETE /v1/leases/{lease}", Body: `{"success":true,"latency_ms":12.5}`, Status: 204},
		Step{Do: "DELETE /v1/leases/{lease}", Status: 204},
		Step{Do: "PUT /v1/leases/{lease}", Status: 404, Code: "unknown_lease"},
	)},
	{"lease with a time", with("ttl",
		Step{Do: "POST /v1/leases", Body: `{"service":"ttl","bind":"ttl","ttl":"90s"}`, Status: 201, JSON: `{"ttl":"1m30s"}`},
		Step{Do: "PUT /v1/leases/{lease}", Status: 204},
		Step{Do: "DELETE /v1/leases/{lease}?success=false&latency_ms=3", Status: 204},
		Step{Do: "PUT /v1/leases/{lease}", Status: 404, Code: "unknown_lease"},
		Step{Do: "POST /v1/leases", Body: `{"service":"ttl","bind":"ttl"}`, Status: 201, JSON: `{"ttl":"30s"}`},
		Step{Do: "DELETE /v1/leases/{lease}", Status: 204},
	)},
	{"lease of what can't serve", []Step{
		{Do: "POST /v1/leases", Body: `{"service":"nobody"}`, Status: 404, Code: "unknown_service"},
		{Do: "POST /v1/leases", Body: `{"service":"{pending}"}`, Status: 503, Code: "not_ready"},
		{Do: "DELETE /v1/leases/never-was", Status: 204},
		{Do: "PUT /v1/leases/never-was", Status: 404, Code: "unknown_lease"},
	}},
	{"lease refuses", refused(400, "bad_request", slices.Concat(
		badBodies("POST /v1/leases", `{}`, `{"service":""}`, `{"service":"a","bind":"forever"}`, `{"service":"a","bind":"ttl","ttl":"999ms"}`,
			`{"service":"a","bind":"ttl","ttl":"1h1s"}`, `{"service":"a","bind":"ttl","ttl":"soon"}`, `{"service":"a","ttl":30}`,
			`{"service":"a","exclude":[""]}`),
		[]Step{
			put("DELETE /v1/leases/x", `{"latency_ms":-1}`), put("DELETE /v1/leases/x", `{"latency_ms":1e999}`),
			put("DELETE /v1/leases/x", `{"success":"yes"}`), put("DELETE /v1/leases/x", `[]`),
			get("DELETE /v1/leases/x?success=perhaps"), get("DELETE /v1/leases/x?latency_ms=NaN"),
			get("DELETE /v1/leases/x?latency_ms=Inf"), get("DELETE /v1/leases/x?latency_ms=-1"), get("DELETE /v1/leases/x?latency_ms="),
			get("DELETE /v1/leases/x?success=true&success=true"),
		})...)},
}

var reportCases = []Case{
	{"report", with("rep",
		Step{Do: "POST /v1/reports", Body: `{"service":"rep","address":"10.1.0.1:80","success":true,"latency_ms":12.5}`, Status: 204},
		Step{Do: "POST /v1/reports", Body: `[{"service":"rep","address":"10.1.0.1:80","success":true},{"service":"rep","address":"10.1.0.2:80","success":false}]`, Status: 204},
		Step{Do: "POST /v1/reports", Body: `[]`, Status: 204},
		Step{Do: "POST /v1/reports", Body: `{"service":"nobody","address":"10.1.0.1:80","success":true}`, Status: 404, Code: "unknown_service"},
		Step{Do: "POST /v1/reports", Body: `{"service":"rep","address":"10.9.9.9:80","success":true}`, Status: 404, Code: "unknown_backend"},
	)},
	{"report refuses", refused(400, "bad_request", badBodies("POST /v1/reports",
		`{}`, `null`, `[null]`, `{"service":"rep","address":"10.1.0.1:80"}`, `{"service":"rep","success":true}`,
		`{"service":"rep","address":"10.1.0.1:80","success":true,"latency_ms":-0.1}`,
		`{"service":"rep","address":"10.1.0.1:80","success":true,"latency_ms":"12"}`,
		`{"service":"rep","address":"10.1.0.1:80","success":1}`)...)},
}
