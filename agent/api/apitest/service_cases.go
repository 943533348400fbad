package apitest

import "slices"

var serviceCases = []Case{
	{"services", with("list",
		Step{Do: "GET /v1/services", Status: 200, Has: `"name":"list"`},
		Step{
			Do: "GET /v1/services/list", Status: 200, JSON: `{"service":"list","strategy":"round_robin","sources":["api"],"stale":false,"backend_count":2,"healthy_count":2,
				"backends":[{"address":"10.1.0.1:80","id":"first","healthy":true,"verdicts":{"registry":"none","active":"unknown","passive":"unknown","admin":"ready"},
				"active_connections":0,"consecutive_failures":0,"weight":1,"zone":"a","tags":["v2"],"meta":{"k":"v"},"last_check":null},
				{"address":"10.1.0.2:80","tags":[],"meta":{}}]}`, Has: `"index":`,
		},
		Step{Do: "GET /v1/services/list?index=0&wait=10m", Status: 200, JSON: `{"service":"list"}`},
		Step{Do: "GET /v1/services/list?index=18446744073709551615&wait=10ms", Status: 200, JSON: `{"service":"list"}`},
		Step{Do: "GET /v1/services/list?wait=10m", Status: 200, JSON: `{"service":"list"}`},
		Step{Do: "HEAD /v1/services", Status: 200},
	)},
	{"services that are not there", []Step{
		{Do: "GET /v1/services/nobody", Status: 404, Code: "unknown_service"},
		{Do: "GET /v1/services/nobody?index=1&wait=10m", Status: 404, Code: "unknown_service"},
	}},
	{"services refuse", refused(400, "bad_request",
		get("GET /v1/services/.."), get("GET /v1/services/list?index=-1"), get("GET /v1/services/list?index=x"),
		get("GET /v1/services/list?index=18446744073709551616"), get("GET /v1/services/list?index=1&index=2"),
		get("GET /v1/services/list?index=1&wait=10m1s"), get("GET /v1/services/list?index=1&wait=-1s"),
		get("GET /v1/services/list?index=1&wait=30"), get("GET /v1/watch?service=.."), get("GET /v1/watch?service="),
		get("GET /v1/watch?service=%zz"),
	)},
	{"watch without a body", []Step{{Do: "HEAD /v1/watch", Status: 200, Answer: map[string]string{"Content-Type": "application/x-ndjson"}}}},
}

var registryCases = []Case{
	{"register, replace and unregister", []Step{
		two("reg"),
		{
			Do: "PUT /v1/services/reg", Body: `{"backends":["10.2.0.1:80",{"address":"10.2.0.2:80","weight":0,"later":"ignored"}]}`, Status: 200,
			JSON: `{"service":"reg","backend_count":2,"backends":[{"address":"10.2.0.1:80","weight":1},{"address":"10.2.0.2:80","weight":0}]}`,
		},
		gone("reg"),
		{Do: "DELETE /v1/services/reg", Status: 404, Code: "unknown_service"},
		{Do: "GET /v1/select/reg", Status: 404, Code: "unknown_service"},
	}},
	{"update", with("upd",
		Step{Do: "PUT /v1/services/upd/backends", Body: `["10.1.0.2:80","10.1.0.3:80"]`, Status: 200, JSON: `{"added":["10.1.0.3:80"],"removed":["10.1.0.1:80"],"changed":[]}`},
		Step{Do: "PUT /v1/services/upd/backends", Body: `{"backends":["10.1.0.2:80","10.1.0.3:80"]}`, Status: 200, JSON: `{"added":[],"removed":[],"changed":[]}`},
		Step{Do: "PUT /v1/services/upd/backends", Body: `[]`, Status: 200, JSON: `{"removed":["10.1.0.2:80","10.1.0.3:80"]}`},
		Step{Do: "PUT /v1/services/nobody/backends", Body: `[]`, Status: 404, Code: "unknown_service"},
	)},
	{"what a source owns", slices.Concat(
		refused(409, "owned_by_source",
			put("PUT /v1/services/{owned}", `{"backends":[]}`), put("PUT /v1/services/{owned}/backends", `[]`),
			get("DELETE /v1/services/{owned}"), get("PUT /v1/services/{owned}/backends/10.9.9.9:80"),
			get("DELETE /v1/services/{owned}/backends/{address}")),
		[]Step{
			{Do: "PUT /v1/services/{owned}/backends/{address}/health", Body: `{"healthy":true}`, Status: 204},
			{Do: "PUT /v1/services/{owned}/backends/{address}/admin", Body: `{"state":"ready"}`, Status: 204},
		})},
	{"register refuses", refused(400, "bad_request", slices.Concat(
		badBodies("PUT /v1/services/bad", `[]`, `null`, `{}`, `{"backends":null}`, `{"backends":{}}`, `{"backends":[7]}`, `{"backends":[null]}`, `{"backends":[""]}`,
			`{"backends":["10.0.0.1"]}`, `{"backends":["10.0.0.1:0"]}`, `{"backends":["10.0.0.1:70000"]}`, `{"backends":[{"weight":1}]}`,
			`{"backends":[{"address":"10.0.0.1:1","weight":-1}]}`, `{"backends":[{"address":"10.0.0.1:1","weight":65536}]}`,
			`{"backends":[{"address":"10.0.0.1:1","weight":1.5}]}`, `{"backends":[{"address":"10.0.0.1:1","tags":"v2"}]}`,
			`{"backends":[{"address":"10.0.0.1:1","meta":{"a":1}}]}`, `{"strategy":"no_such_strategy","backends":[]}`, `{"strategy":1,"backends":[]}`),
		badBodies("PUT /v1/services/bad/backends", `{}`, `null`, `{"backends":null}`, `["nowhere"]`, `[{"address":"10.0.0.1:1","weight":-1}]`),
		[]Step{put("PUT /v1/services/"+long, `{"backends":[]}`), put("PUT /v1/services/%2E%2E", `{"backends":[]}`), put("PUT /v1/services/a%7Fb", `{"backends":[]}`)},
	)...)},
}

var backendCases = []Case{
	{"add and remove", with("add",
		Step{Do: "PUT /v1/services/add/backends/10.1.0.9:80", Status: 201, JSON: `{"added":["10.1.0.9:80"],"removed":[],"changed":[]}`},
		Step{Do: "PUT /v1/services/add/backends/10.1.0.9:80", Body: `{"weight":7,"zone":"b"}`, Status: 200, JSON: `{"added":[],"changed":["10.1.0.9:80"]}`},
		Step{Do: "PUT /v1/services/add/backends/10.1.0.9:80", Body: `{"address":"10.1.0.8:80"}`, Status: 400, Code: "bad_request"},
		Step{Do: "PUT /v1/services/add/backends/[::1]:80", Status: 201, JSON: `{"added":["[::1]:80"]}`},
		Step{Do: "DELETE /v1/services/add/backends/%5B0:0::1%5D:80", Status: 204},
		Step{Do: "PUT /v1/services/add/backends/DB.example:80", Status: 201, JSON: `{"added":["db.example:80"]}`},
		Step{Do: "DELETE /v1/services/add/backends/10.1.0.9:80", Status: 204},
		Step{Do: "DELETE /v1/services/add/backends/10.1.0.9:80", Status: 404, Code: "unknown_backend"},
		Step{Do: "DELETE /v1/services/nobody/backends/10.1.0.9:80", Status: 404, Code: "unknown_service"},
		Step{Do: "PUT /v1/services/nobody/backends/10.1.0.9:80", Status: 404, Code: "unknown_service"},
	)},
	{"health", with("mark",
		Step{Do: "PUT /v1/services/mark/backends/10.1.0.1:80/health", Body: `{"healthy":false}`, Status: 204},
		Step{Do: "GET /v1/services/mark", Status: 200, JSON: `{"healthy_count":1,"backends":[{"healthy":false,"verdicts":{"active":"failed"}},{"healthy":true}]}`},
		Step{Do: "PUT /v1/services/mark/backends/10.1.0.2:80/health", Body: `{"healthy":false}`, Status: 204},
		Step{Do: "GET /v1/select/mark", Status: 503, Code: "no_healthy_backend"},
		Step{Do: "PUT /v1/services/mark/backends/10.1.0.1:80/health", Body: `{"healthy":true}`, Status: 204},
		Step{Do: "GET /v1/select/mark", Status: 200, JSON: `{"address":"10.1.0.1:80"}`},
	)},
	{"admin", with("adm",
		Step{Do: "PUT /v1/services/adm/backends/10.1.0.1:80/admin", Body: `{"state":"drain"}`, Status: 204},
		Step{Do: "GET /v1/select/adm?count=9", Status: 200, JSON: `{"backends":[{"address":"10.1.0.2:80"}]}`},
		Step{Do: "PUT /v1/services/adm/backends/10.1.0.1:80/admin", Body: `{"state":"ready"}`, Status: 204},
		Step{Do: "GET /v1/services/adm", Status: 200, JSON: `{"healthy_count":2}`},
	)},
	{"verdicts of what is not there", with("miss", slices.Concat(
		refused(404, "unknown_backend",
			put("PUT /v1/services/miss/backends/10.9.9.9:80/health", `{"healthy":true}`),
			put("PUT /v1/services/miss/backends/10.9.9.9:80/admin", `{"state":"drain"}`)),
		refused(404, "unknown_service",
			put("PUT /v1/services/nobody/backends/10.9.9.9:80/health", `{"healthy":true}`),
			put("PUT /v1/services/nobody/backends/10.9.9.9:80/admin", `{"state":"drain"}`)),
	)...)},
	{"verdicts refuse", refused(400, "bad_request", slices.Concat(
		badBodies("PUT /v1/services/a/backends/10.1.0.1:80/health", `{}`, `null`, `{"healthy":null}`, `{"healthy":1}`, `[]`),
		badBodies("PUT /v1/services/a/backends/10.1.0.1:80/admin", `{}`, `{"state":""}`, `{"state":"off"}`, `{"state":1}`),
		[]Step{
			put("PUT /v1/services/a/backends/10.1.0.1/health", `{"healthy":true}`), put("PUT /v1/services/a/backends/::1:80/admin", `{"state":"drain"}`),
			get("PUT /v1/services/a/backends/10.1.0.1:0"), get("DELETE /v1/services/a/backends/10.1.0.1:65536"), get("PUT /v1/services/a/backends/a%2Fb:80"),
		})...)},
}
